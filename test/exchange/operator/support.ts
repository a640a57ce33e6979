import assert from 'node:assert/strict';
import { createApiKeyAuthenticator } from '../../../src/access/authenticator.ts';
import type { Principal } from '../../../src/access/permissions.ts';
import { createCatalogue } from '../../../src/core/catalogue/catalogue.ts';
import type { Clock } from '../../../src/core/clock.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { createMarkReader } from '../../../src/core/codes/mark-reader.ts';
import type { ErrorCode } from '../../../src/core/errors.ts';
import { TanbaError } from '../../../src/core/errors.ts';
import { loadProductGroups } from '../../../src/core/reference/product-groups.ts';
import type { Adapter } from '../../../src/exchange/adapter.ts';
import type { DeliveryState } from '../../../src/exchange/delivery-states.ts';
import { digestOf } from '../../../src/exchange/message.ts';
import { createOperatorDesk, type OperatorDesk } from '../../../src/exchange/operator/desk.ts';
import type { Operator } from '../../../src/exchange/operator/operator.ts';
import type { PartnerDirectory } from '../../../src/exchange/partner-directory.ts';
import { createLog } from '../../../src/log.ts';
import { createMetrics } from '../../../src/routes/metrics.ts';
import type { AnyRoute } from '../../../src/routes/route.ts';
import { createHttpServer } from '../../../src/routes/server.ts';
import type { Database } from '../../../src/store/database.ts';
import { newId } from '../../../src/store/ids.ts';

export const OPERATOR: Operator = { bin: '180540001239', ip: '127.0.0.1' };
export const REASON = 'asked for by the partner';

export interface DeskOptions {
  readonly db: Database;
  readonly adapters: readonly Adapter[];
  readonly directory: Pick<PartnerDirectory, 'find'>;
  readonly clock?: Clock;
}

export function openDesk({ db, adapters, directory, clock = systemClock }: DeskOptions): OperatorDesk {
  const catalogue = createCatalogue({ db, clock });
  const productGroups = loadProductGroups(new URL('../../../config/product-groups/', import.meta.url));
  const markReader = createMarkReader({ catalogue, productGroups, clock });
  return createOperatorDesk({ db, clock, adapters, directory, markReader, snapshot: () => null });
}

export interface MadeDelivery {
  readonly partnerId?: string;
  readonly state?: DeliveryState;
  readonly topic?: string;
  readonly lane?: string | null;
  readonly heldBy?: string | null;
  readonly reason?: string | null;
  readonly outcome?: string | null;
  readonly body?: Buffer | null;
  readonly createdAt?: Date;
  readonly keys?: readonly string[];
  readonly trace?: string;
  readonly dueAt?: Date;
}

export interface Made {
  readonly messageId: string;
  readonly deliveryId: string;
}

const MAKE_DELIVERY = `
with made as (
       insert into message (created_at, message_id, bucket, direction, topic, bin, trace, digest, body)
       values ($1, $2, 0, 'outbound', $3, '180540001239', $4, $5, $6)),
     keyed as (
       insert into message_key (created_at, message_id, bucket, key) select $1, $2, 0, unnest($7::text[]))
insert into delivery (delivery_id, message_id, message_at, partner_id, topic, state, lane, due_at, held_by, reason, outcome,
                      created_at, finished_at, lease_until)
values ($8, $2, $1, $9, $3, $10, $11, $12, $13, $14, $15, $1, $16, $17)`;

const FINISHED: readonly DeliveryState[] = ['parked', 'delivered', 'cancelled'];

/** A message with one delivery, as the relay and the workers would have left them. */
export async function makeDelivery(db: Database, made: MadeDelivery = {}): Promise<Made> {
  const { partnerId = 'one', state = 'delivered', topic = 'document.accepted', lane = null } = made;
  const { createdAt = new Date(), keys = [], trace = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00` } = made;
  const body = made.body === undefined ? Buffer.from('{"data":{"number":1}}') : made.body;
  const messageId = newId(createdAt);
  const deliveryId = newId(createdAt);
  await db.query({
    name: 'make_delivery',
    text: MAKE_DELIVERY,
    values: [
      createdAt,
      messageId,
      topic,
      trace,
      digestOf(body ?? Buffer.alloc(0)),
      body,
      keys,
      deliveryId,
      partnerId,
      state,
      lane,
      made.dueAt ?? createdAt,
      made.heldBy ?? null,
      made.reason ?? null,
      made.outcome ?? null,
      FINISHED.includes(state) ? createdAt : null,
      state === 'sending' ? new Date(createdAt.getTime() + 45_000) : null,
    ],
  });
  return { messageId, deliveryId };
}

export interface AuditRow {
  readonly bin: string;
  readonly action: string;
  readonly subject: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export async function auditOf(db: Database): Promise<readonly AuditRow[]> {
  const { rows } = await db.query<AuditRow>('select bin, action, subject, details from audit order by audit_id');
  return rows;
}

/** Quicker than to truncate all their partitions. */
export async function forgetDeliveries(db: Database): Promise<void> {
  await db.query(
    `with d as (delete from delivery), k as (delete from message_key), a as (delete from audit) delete from message`,
  );
}

const EVERYTHING = `
select (select json_agg(d order by delivery_id) from delivery d) as deliveries,
       (select json_agg(p order by partner_id) from partner p) as partners,
       (select json_agg(r order by message_id) from partner_report r) as reports,
       (select count(*) from audit) as audit, (select count(*) from inbox) as inbox`;

/** What the exchange knows, to be compared. */
export async function everything(db: Database): Promise<unknown> {
  return (await db.query(EVERYTHING)).rows[0];
}

/** It is refused with this code, and nothing has changed. */
export async function refuses(db: Database, code: ErrorCode, work: () => Promise<unknown>): Promise<TanbaError> {
  const before = await everything(db);
  let refusal: TanbaError | undefined;
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof TanbaError, String(error));
    assert.equal(error.code, code);
    refusal = error;
    return true;
  });
  assert.deepEqual(await everything(db), before, 'a refusal changed something');
  assert.ok(refusal);
  return refusal;
}

export interface DoorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Door {
  call(method: string, path: string, as: string, body?: unknown, headers?: Record<string, string>): Promise<DoorAnswer>;
  stop(): Promise<void>;
}

/** The routes behind a real server; keys are `tanba_` and a name of `principals`. */
export async function openDoor(
  routes: readonly AnyRoute[],
  principals: Readonly<Record<string, Principal>>,
): Promise<Door> {
  const server = createHttpServer({
    routes,
    authenticator: createApiKeyAuthenticator({
      authenticate: async (key) => principals[key.replace('tanba_', '')] ?? null,
    }),
    log: createLog('silent'),
    metrics: createMetrics(),
    trustProxyHops: 0,
  });
  const { port } = await server.start({ host: '127.0.0.1', port: 0 });
  return {
    call: async (method, path, as, body, headers = {}) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/exchange${path}`, {
        method,
        headers: {
          authorization: `Bearer tanba_${as}`,
          'accept-language': 'en',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
    },
    stop: () => server.stop(),
  };
}
