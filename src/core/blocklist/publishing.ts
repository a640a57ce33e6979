import type { Database, Transaction } from '../../store/database.ts';
import type { KeyRing } from '../codes/key-ring.ts';
import type { ProductGroups } from '../reference/product-groups.ts';
import {
  blockedPages,
  type Change,
  collectBlocked,
  currentLists,
  keepList,
  type ListHead,
  namedCodes,
} from './block-list-store.ts';
import { DELTA_VALUES_MAX, type GroupPolicies, LIST_LIFE_MS, ORDERS_MAX } from './list-format.ts';
import { createListSigner, writeBase, writeDelta } from './writer.ts';

export interface Published {
  /** Null: nothing has changed, and the newest list is young enough. */
  readonly kind: 'base' | 'delta' | null;
  readonly sequence: number | null;
  readonly codes: number;
  readonly changes: number;
}

export interface BlockListPublisher {
  /** Brings the lists up to what is blocked now. */
  publish(now: Date): Promise<Published>;
}

export interface BlockListPublisherDeps {
  readonly db: Database;
  readonly keyRing: Pick<KeyRing, 'currentKey'>;
  readonly productGroups: ProductGroups;
}

/** A till that starts anew loads one large file and at most so many small ones. */
const DELTAS_MAX = 96;
/** A base for so many changes behind it, as a share of its codes; small lists may change altogether. */
const CHANGED_SHARE_MAX = 0.1;
const CHANGED_FREE = 10_000;
/** Lists live 72 hours: a quiet one is renewed long before, so that a till may miss several. */
const RENEW_AFTER_MS = 6 * 3_600_000;
/** Ten million codes take 40 s. */
const STATEMENT_TIMEOUT_MS = 600_000;

export function createBlockListPublisher({ db, keyRing, productGroups }: BlockListPublisherDeps): BlockListPublisher {
  function policies(now: Date): GroupPolicies {
    const byGroup = productGroups.list().flatMap(({ productGroup }): [string, 'open' | 'closed'][] => {
      const rules = productGroups.at(productGroup, now);
      return rules === undefined ? [] : [[productGroup, rules.offlineCheck]];
    });
    return { byGroup: new Map(byGroup), otherwise: 'open' };
  }

  async function publishIn(tx: Transaction, now: Date): Promise<Published> {
    const { codes, changes } = await collectBlocked(tx, DELTA_VALUES_MAX + 1);
    // After the turn was taken: another hub may just have published.
    const lists = await currentLists(tx);
    const kind = kindOf(lists, codes, changes.length, now);
    const last = lists.at(-1);
    if (kind === null) return { kind, sequence: last?.sequence ?? null, codes, changes: 0 };
    const sequence = (last?.sequence ?? 0) + 1;
    const common = {
      sequence,
      issuedAt: now,
      groups: policies(now),
      signer: createListSigner(keyRing.currentKey('ed25519')),
    };
    const previous = last?.sequence ?? 0;
    const file =
      kind === 'base'
        ? await writeBase({ ...common, cises: blockedPages(tx), exact: (await namedCodes(tx, ORDERS_MAX)) ?? [] })
        : await writeDelta({ ...common, previous, ...partsOf(changes) });
    const validUntil = new Date(now.getTime() + LIST_LIFE_MS);
    const head = { sequence, kind, issuedAt: now, validUntil, codes, changes: changes.length };
    await keepList(tx, { ...head, previous: kind === 'base' ? null : previous }, file);
    return { kind, sequence, codes, changes: changes.length };
  }

  return {
    publish: (now) => db.transaction((tx) => publishIn(tx, now), { statementTimeoutMs: STATEMENT_TIMEOUT_MS }),
  };
}

/** Where more is named than a list may name, the rest are hits of its filter: a warning. */
function partsOf(changes: readonly Change[]) {
  const added = changes.filter(({ removed }) => !removed);
  const named = added.filter((change) => change.named);
  return {
    added: added.map(({ cis }) => cis),
    removed: changes.filter(({ removed }) => removed).map(({ cis }) => cis),
    exact: named.slice(0, ORDERS_MAX).map(({ cis }) => cis),
  };
}

function kindOf(lists: readonly ListHead[], codes: number, changes: number, now: Date): 'base' | 'delta' | null {
  const [base, ...deltas] = lists;
  if (base === undefined) return 'base';
  const newest = deltas.at(-1) ?? base;
  if (changes === 0 && now.getTime() - newest.issuedAt.getTime() < RENEW_AFTER_MS) return null;
  const changed = deltas.reduce((sum, delta) => sum + delta.changes, changes);
  const isTooMuch = changed > CHANGED_FREE && changed > CHANGED_SHARE_MAX * codes;
  return deltas.length >= DELTAS_MAX || changes > DELTA_VALUES_MAX || isTooMuch ? 'base' : 'delta';
}
