import { writeAudit } from '../../core/audit/audit.ts';
import type { Clock } from '../../core/clock.ts';
import { TanbaError } from '../../core/errors.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { PolicyChanges } from '../policy/policy.ts';
import { maskSecrets } from './masking.ts';
import { checkedReason, type Operator } from './operator.ts';
import type { PartnerChecks } from './partner-checks.ts';
import { cancelForRemoved } from './removed-partners.ts';

/** A partner of the operator's own; the systems of participants are registered by themselves. */
export interface PartnerRequest {
  readonly partnerId: string;
  readonly adapter: string;
  readonly name: string;
  readonly topics: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  /** Without it a known partner keeps its own. */
  readonly policy?: Readonly<Record<string, unknown>> | undefined;
}

/** Hubs notice within a second, without a restart. */
export interface PartnerChanges {
  /** True: it is new. Everything is replaced. */
  put(request: PartnerRequest, by: Operator): Promise<{ readonly registered: boolean }>;
  /** Its unfinished deliveries are cancelled; how many. The id is never used again. */
  remove(partnerId: string, by: Operator, reason: string): Promise<{ readonly cancelled: number }>;
  /** The partner's whole own policy; what it does not say comes from its adapter. */
  changePolicy(
    partnerId: string,
    policy: Readonly<Record<string, unknown>>,
    by: Operator,
    reason: string,
  ): Promise<void>;
  /** The kill switch: off, nothing more goes to it, and messages wait. */
  turn(partnerId: string, to: 'on' | 'off', by: Operator, reason: string): Promise<void>;
}

export interface PartnerChangesDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly checks: PartnerChecks;
}

/** A backlog of millions is cancelled in one statement. */
const STATEMENT_TIMEOUT_MS = 300_000;

interface KnownRow {
  readonly adapter: string;
  readonly bin: string | null;
  readonly policy: PolicyChanges;
  readonly removed: boolean;
}

// One change at a time, over all hubs.
const ONE_AT_A_TIME = `select pg_advisory_xact_lock(hashtextextended('tanba:partners', 0))`;

const FIND = `
select adapter, bin, policy, removed_at is not null as removed from partner where partner_id = $1 for no key update`;

// Hubs look at the latest change of all: it has to be later than any before, whatever the clocks say.
const CHANGED_AT = `greatest($2::timestamptz, (select max(changed_at) from partner) + interval '1 millisecond')`;

const INSERT = `
insert into partner (partner_id, adapter, name, topics, settings, policy, created_at, changed_at)
values ($1, $3, $4, $5, $6, $7, $2::timestamptz, coalesce(${CHANGED_AT}, $2::timestamptz))`;
const INSERT_GATE = `insert into partner_gate (partner_id) values ($1) on conflict do nothing`;
const CHANGE = `
update partner set name = $3, topics = $4, settings = $5, policy = $6, changed_at = ${CHANGED_AT} where partner_id = $1`;
const REMOVE = `update partner set removed_at = $2, changed_at = ${CHANGED_AT} where partner_id = $1`;
const CHANGE_POLICY = `update partner set policy = $3, changed_at = ${CHANGED_AT} where partner_id = $1`;
const TURN = `update partner set switched_off = $3, switch_reason = $4, changed_at = ${CHANGED_AT} where partner_id = $1`;

export function createPartnerChanges(deps: PartnerChangesDeps): PartnerChanges {
  const { db, clock, checks } = deps;

  async function change<T>(work: (tx: Transaction, now: Date) => Promise<T>): Promise<T> {
    return await db.transaction(
      async (tx) => {
        await tx.query(ONE_AT_A_TIME);
        return await work(tx, clock.now());
      },
      { statementTimeoutMs: STATEMENT_TIMEOUT_MS },
    );
  }

  return {
    put: (request, by) => change((tx, now) => put(deps, tx, request, by, now)),

    async remove(partnerId, by, given) {
      const reason = checkedReason(given);
      return await change(async (tx, now) => {
        refuseForeign(await find(tx, partnerId));
        await tx.query(REMOVE, [partnerId, now]);
        const cancelled = await cancelForRemoved(tx, now, partnerId);
        await audit(tx, now, by, 'partner.removed', partnerId, { reason, cancelled });
        return { cancelled };
      });
    },

    async changePolicy(partnerId, given, by, givenReason) {
      const reason = checkedReason(givenReason);
      const policy = checks.policy(given);
      await change(async (tx, now) => {
        const { policy: before } = await find(tx, partnerId);
        await tx.query(CHANGE_POLICY, [partnerId, now, JSON.stringify(policy)]);
        await audit(tx, now, by, 'partner.policy_changed', partnerId, { reason, before, after: policy });
      });
    },

    async turn(partnerId, to, by, given) {
      const reason = checkedReason(given);
      await change(async (tx, now) => {
        await find(tx, partnerId);
        await tx.query(TURN, [partnerId, now, to === 'off', to === 'off' ? reason : null]);
        await audit(tx, now, by, `partner.switched_${to}`, partnerId, { reason });
      });
    },
  };
}

async function put(
  { checks }: PartnerChangesDeps,
  tx: Transaction,
  request: PartnerRequest,
  by: Operator,
  now: Date,
): Promise<{ registered: boolean }> {
  const { partnerId, name, topics, settings } = request;
  const [known] = (await tx.query<KnownRow>(FIND, [partnerId])).rows;
  if (known?.removed) throw new TanbaError('exchange.partner_removed', { path: '/partnerId' });
  if (known !== undefined) refuseForeign(known);
  const adapter = checks.adapter(request.adapter);
  if (known !== undefined && known.adapter !== adapter.name) {
    throw new TanbaError('exchange.adapter_fixed', { path: '/adapter', details: { adapter: known.adapter } });
  }
  checks.settings(adapter, settings);
  const policy = request.policy === undefined ? (known?.policy ?? {}) : checks.policy(request.policy);
  const told = [name, topics, JSON.stringify(settings), JSON.stringify(policy)];
  if (known === undefined) {
    await tx.query(INSERT, [partnerId, now, adapter.name, ...told]);
    await tx.query(INSERT_GATE, [partnerId]);
  } else {
    await tx.query(CHANGE, [partnerId, now, ...told]);
  }
  const details = { adapter: adapter.name, name, topics, settings: maskSecrets(settings), policy };
  await audit(tx, now, by, known === undefined ? 'partner.registered' : 'partner.changed', partnerId, details);
  return { registered: known === undefined };
}

async function find(tx: Transaction, partnerId: string): Promise<KnownRow> {
  const [known] = (await tx.query<KnownRow>(FIND, [partnerId])).rows;
  if (known === undefined || known.removed) throw new TanbaError('exchange.partner_unknown');
  return known;
}

function refuseForeign({ bin }: KnownRow): void {
  if (bin !== null) throw new TanbaError('exchange.partner_foreign', { details: { bin } });
}

async function audit(
  tx: Transaction,
  at: Date,
  { bin, ip }: Operator,
  action: string,
  subject: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writeAudit(tx, { at, bin, ip, action, subject, details });
}
