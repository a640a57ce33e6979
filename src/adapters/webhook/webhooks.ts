import { writeAudit } from '../../core/audit/audit.ts';
import type { Clock } from '../../core/clock.ts';
import { TanbaError } from '../../core/errors.ts';
import type { Adapter, ReachabilityStep } from '../../exchange/adapter.ts';
import type { Partner } from '../../exchange/partner.ts';
import type { Database } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import type { AddressGuard } from './address-guard.ts';
import type { Mapping } from './mapping.ts';
import { maskUrl } from './masking.ts';
import type { IssuedSecret, SecretView, WebhookSecrets } from './secrets.ts';
import { readSettings, type WebhookSettings } from './settings.ts';
import { checkTopics } from './topics.ts';

/** Who asks, and from where. */
export interface Asker {
  readonly bin: string;
  readonly ip: string;
}

export type Ordered = 'none' | 'object' | 'partner';

export interface WebhookRequest {
  readonly name: string;
  readonly url: string;
  readonly topics: readonly string[];
  /** One at a time: of one object, or all; none: as they come. */
  readonly ordered: Ordered;
  readonly mapping: Mapping | undefined;
}

export interface WebhookView {
  readonly webhookId: string;
  readonly name: string;
  readonly url: string;
  readonly topics: readonly string[];
  readonly ordered: Ordered;
  readonly mapping: Mapping | undefined;
  /** By the operator. */
  readonly switchedOff: boolean;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** The webhooks of participants. Somebody else's is no different from one that does not exist. */
export interface Webhooks {
  create(
    asker: Asker,
    request: WebhookRequest,
  ): Promise<{ readonly webhook: WebhookView; readonly secret: IssuedSecret }>;
  list(asker: Asker): Promise<readonly WebhookView[]>;
  get(
    asker: Asker,
    webhookId: string,
  ): Promise<{ readonly webhook: WebhookView; readonly secrets: readonly SecretView[] }>;
  change(asker: Asker, webhookId: string, request: WebhookRequest): Promise<WebhookView>;
  /** Messages to it that are still under way are cancelled by who carries them. */
  remove(asker: Asker, webhookId: string): Promise<void>;
  rotateSecret(asker: Asker, webhookId: string, overlapHours: number): Promise<IssuedSecret>;
  explainReach(asker: Asker, webhookId: string, signal: AbortSignal): Promise<readonly ReachabilityStep[]>;
}

export interface WebhooksDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: WebhookSecrets;
  readonly guard: Pick<AddressGuard, 'refusalOf'>;
  readonly adapter: Pick<Adapter, 'name' | 'explainReach'>;
}

const WEBHOOKS_MAX = 20;
const ID_PREFIX = 'webhook-';

export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const { db, secrets, adapter } = deps;
  return {
    create: (asker, request) => create(deps, asker, request),
    async list({ bin }) {
      const { rows } = await db.query<WebhookRow>(LIST_WEBHOOKS, [bin]);
      return rows.map(viewOf);
    },
    async get(asker, webhookId) {
      const row = await own(db, asker, webhookId, FIND_WEBHOOK);
      return { webhook: viewOf(row), secrets: await secrets.list(row.partnerId) };
    },
    change: (asker, webhookId, request) => change(deps, asker, webhookId, request),
    remove: (asker, webhookId) => remove(deps, asker, webhookId),
    rotateSecret: (asker, webhookId, overlapHours) => rotateSecret(deps, asker, webhookId, overlapHours),
    async explainReach(asker, webhookId, signal) {
      const row = await own(db, asker, webhookId, FIND_WEBHOOK);
      return await adapter.explainReach(partnerOf(row, asker, adapter.name), signal);
    },
  };
}

async function create(deps: WebhooksDeps, asker: Asker, request: WebhookRequest) {
  const settings = checkedSettings(deps, request);
  const now = deps.clock.now();
  const partnerId = `${ID_PREFIX}${newId(now)}`;
  return await deps.db.transaction(async (tx) => {
    await tx.query(LOCK_PARTICIPANT, [asker.bin]);
    const { rows } = await tx.query<{ webhooks: number }>(COUNT_WEBHOOKS, [asker.bin]);
    if ((rows[0]?.webhooks ?? 0) >= WEBHOOKS_MAX) {
      throw new TanbaError('webhooks.too_many', { details: { limit: WEBHOOKS_MAX } });
    }
    const { name, topics, ordered } = request;
    const values = [partnerId, asker.bin, name, topics, settings, { order: ordered }, now];
    const inserted = await tx.query<WebhookRow>(INSERT_WEBHOOK, values);
    await tx.query(INSERT_GATE, [partnerId]);
    const secret = await deps.secrets.make(tx, partnerId, now);
    const details = { ...auditOf(settings, request), secretId: secret.secretId };
    await writeAudit(tx, { at: now, ...asker, action: 'webhook.created', subject: partnerId, details });
    return { webhook: viewOf(known(inserted.rows[0])), secret };
  });
}

async function change(deps: WebhooksDeps, asker: Asker, webhookId: string, request: WebhookRequest) {
  const settings = checkedSettings(deps, request);
  return await deps.db.transaction(async (tx) => {
    const { partnerId } = await own(tx, asker, webhookId, LOCK_WEBHOOK);
    const { name, topics, ordered } = request;
    const now = deps.clock.now();
    const values = [partnerId, name, topics, settings, { order: ordered }, now];
    const { rows } = await tx.query<WebhookRow>(CHANGE_WEBHOOK, values);
    const details = auditOf(settings, request);
    await writeAudit(tx, { at: now, ...asker, action: 'webhook.changed', subject: partnerId, details });
    return viewOf(known(rows[0]));
  });
}

async function remove(deps: WebhooksDeps, asker: Asker, webhookId: string): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const { partnerId } = await own(tx, asker, webhookId, LOCK_WEBHOOK);
    const now = deps.clock.now();
    await tx.query(REMOVE_WEBHOOK, [partnerId, now]);
    await deps.secrets.removeAll(tx, partnerId);
    await writeAudit(tx, { at: now, ...asker, action: 'webhook.removed', subject: partnerId, details: {} });
  });
  deps.secrets.forget(`${ID_PREFIX}${webhookId}`);
}

async function rotateSecret(deps: WebhooksDeps, asker: Asker, webhookId: string, overlapHours: number) {
  const secret = await deps.db.transaction(async (tx) => {
    const { partnerId } = await own(tx, asker, webhookId, LOCK_WEBHOOK);
    const now = deps.clock.now();
    const made = await deps.secrets.rotate(tx, partnerId, overlapHours, now);
    await tx.query(TOUCH_WEBHOOK, [partnerId, now]);
    const details = { secretId: made.secretId, overlapHours };
    await writeAudit(tx, { at: now, ...asker, action: 'webhook.secret_rotated', subject: partnerId, details });
    return made;
  });
  deps.secrets.forget(`${ID_PREFIX}${webhookId}`);
  return secret;
}

/** With the URL in its one usual notation, so that everybody sees where it leads. */
function checkedSettings({ guard }: WebhooksDeps, { url, mapping, topics }: WebhookRequest): WebhookSettings {
  checkTopics(topics);
  const settings = readSettings({ url, ...(mapping === undefined ? {} : { mapping }) });
  const parsed = new URL(settings.url);
  const refusal = guard.refusalOf(parsed);
  if (refusal !== null) {
    const { code, details } = refusal;
    throw new TanbaError(code, { path: '/url', ...(details === undefined ? {} : { details }) });
  }
  parsed.hash = '';
  return { ...settings, url: parsed.href };
}

function auditOf({ url, mapping }: WebhookSettings, { topics, ordered }: WebhookRequest) {
  return { url: maskUrl(new URL(url)), topics, ordered, mapping: mapping?.version ?? null };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function own(
  db: Pick<Database, 'query'>,
  { bin }: Asker,
  webhookId: string,
  statement: string,
): Promise<WebhookRow> {
  if (!UUID.test(webhookId)) throw new TanbaError('webhooks.not_found');
  const { rows } = await db.query<WebhookRow>(statement, [bin, `${ID_PREFIX}${webhookId}`]);
  return known(rows[0]);
}

function known(row: WebhookRow | undefined): WebhookRow {
  if (row === undefined) throw new TanbaError('webhooks.not_found');
  return row;
}

interface WebhookRow {
  readonly partnerId: string;
  readonly name: string;
  readonly topics: readonly string[];
  readonly settings: WebhookSettings;
  readonly policy: Partner['policy'];
  readonly switchedOff: boolean;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

function viewOf({
  partnerId,
  settings,
  policy,
  name,
  topics,
  switchedOff,
  createdAt,
  changedAt,
}: WebhookRow): WebhookView {
  return {
    webhookId: partnerId.slice(ID_PREFIX.length),
    name,
    url: settings.url,
    topics,
    ordered: policy.order ?? 'none',
    mapping: settings.mapping,
    switchedOff,
    createdAt,
    changedAt,
  };
}

function partnerOf(
  { partnerId, name, topics, settings, policy, switchedOff }: WebhookRow,
  { bin }: Asker,
  adapter: string,
): Partner {
  return { partnerId, adapter, bin, name, topics, settings, policy, switchedOff };
}

const COLUMNS = `
partner_id as "partnerId", name, topics, settings, policy, switched_off as "switchedOff", created_at as "createdAt",
changed_at as "changedAt"`;

const OWN = `bin = $1 and adapter = 'webhook' and removed_at is null`;

const LIST_WEBHOOKS = `select ${COLUMNS} from partner where ${OWN} order by created_at, partner_id`;

const FIND_WEBHOOK = `select ${COLUMNS} from partner where ${OWN} and partner_id = $2`;

const LOCK_WEBHOOK = `${FIND_WEBHOOK} for no key update`;

// So that two requests at once cannot both be the last that is allowed.
const LOCK_PARTICIPANT = 'select from participant where bin = $1 for no key update';

const COUNT_WEBHOOKS = `select count(*)::int as webhooks from partner where ${OWN}`;

const INSERT_WEBHOOK = `
insert into partner (partner_id, adapter, bin, name, topics, settings, policy, created_at, changed_at)
values ($1, 'webhook', $2, $3, $4, $5, $6, $7, $7)
returning ${COLUMNS}`;

const INSERT_GATE = 'insert into partner_gate (partner_id) values ($1)';

// What the operator has set in the policy stays.
const CHANGE_WEBHOOK = `
update partner set name = $2, topics = $3, settings = $4, policy = policy || $5::jsonb, changed_at = $6
 where partner_id = $1
returning ${COLUMNS}`;

const TOUCH_WEBHOOK = 'update partner set changed_at = $2 where partner_id = $1';

const REMOVE_WEBHOOK = 'update partner set removed_at = $2, changed_at = $2 where partner_id = $1';
