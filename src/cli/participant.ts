import { readFile } from 'node:fs/promises';
import Type from 'typebox';
import { Check } from 'typebox/value';
import { createApiKeys } from '../access/api-keys.ts';
import { ROLES } from '../access/permissions.ts';
import type { Config } from '../config.ts';
import { PRODUCT_CARD } from '../core/catalogue/card.ts';
import { createCatalogue } from '../core/catalogue/catalogue.ts';
import { systemClock } from '../core/clock.ts';
import { TanbaError } from '../core/errors.ts';
import { createParticipants } from '../core/participants/participants.ts';
import { loadProductGroups } from '../core/reference/product-groups.ts';
import { parseJson } from '../routes/json-text.ts';
import { withStore } from './store.ts';

/** Where a command's answer goes, line by line. */
type Say = (line: string) => void;

const PARTICIPANT_USAGE = `tanba participant add <bin> <role> <name>   role: ${ROLES.join(', ')}
tanba participant key <bin> <label>         a new API key, shown this once
tanba participant revoke <bin> <label>      every key of that label
`;

export async function participant(config: Config, args: readonly string[], say: Say = print): Promise<void> {
  const [command, bin, third, ...rest] = args;
  if (command === 'add' && bin !== undefined && rest.length > 0)
    return await add(config, say, bin, third, rest.join(' '));
  if (command === 'key' && bin !== undefined && third !== undefined && rest.length === 0) {
    return await issueKey(config, say, bin, third);
  }
  if (command === 'revoke' && bin !== undefined && third !== undefined && rest.length === 0) {
    return await revokeKeys(config, say, bin, third);
  }
  showUsage(PARTICIPANT_USAGE);
}

async function add(config: Config, say: Say, bin: string, roleName: string | undefined, name: string): Promise<void> {
  const role = ROLES.find((known) => known === roleName);
  if (role === undefined) return showUsage(PARTICIPANT_USAGE);
  await withStore(config, (db) => createParticipants({ db, clock: systemClock }).register({ bin, name, role }));
  say(`${bin} ${name} is registered as ${role}.`);
}

async function issueKey(config: Config, say: Say, bin: string, label: string): Promise<void> {
  const key = await withStore(config, (db) => createApiKeys({ db, clock: systemClock }).issue(bin, label, false));
  // The key alone on standard output, so that a script can take it; it is never shown again.
  process.stderr.write(`API key "${label}" of ${bin}; only its digest is kept here:\n`);
  say(key);
}

async function revokeKeys(config: Config, say: Say, bin: string, label: string): Promise<void> {
  const count = await withStore(config, (db) => createApiKeys({ db, clock: systemClock }).revoke(bin, label));
  say(`${count} keys "${label}" of ${bin} are revoked; running hubs notice within 15 s.`);
}

const PRODUCT_USAGE = `tanba product add <file>   JSON: one product or an array of
  { "gtin", "productGroup", "ownerBin", "card": { "tradeName": {kk,ru,en}, "manufacturer": {kk,ru,en}, "country" } }
`;

const PRODUCT = Type.Object(
  { gtin: Type.String(), productGroup: Type.String(), ownerBin: Type.String(), card: PRODUCT_CARD },
  { additionalProperties: false },
);
const PRODUCT_GROUPS = new URL('../../config/product-groups/', import.meta.url);

export async function product(config: Config, args: readonly string[], say: Say = print): Promise<void> {
  const [command, file] = args;
  if (command !== 'add' || file === undefined || args.length > 2) return showUsage(PRODUCT_USAGE);
  const content = parseJson(await readFile(file));
  const entries: unknown[] = Array.isArray(content) ? content : [content];
  const groups = loadProductGroups(PRODUCT_GROUPS);
  const products = entries.map((entry, index) => {
    if (!Check(PRODUCT, entry)) throw new TanbaError('catalogue.card_invalid', { path: `/${index}` });
    if (groups.at(entry.productGroup, systemClock.now()) === undefined) {
      throw new TanbaError('orders.unknown_product_group', { details: { productGroup: entry.productGroup } });
    }
    return entry;
  });
  await withStore(config, async (db) => {
    const catalogue = createCatalogue({ db, clock: systemClock });
    for (const one of products) await catalogue.publish(one);
  });
  say(`${products.length} products are published.`);
}

function showUsage(usage: string): void {
  process.stderr.write(usage);
  process.exitCode = 2;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
