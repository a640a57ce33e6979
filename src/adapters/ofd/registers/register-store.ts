import { type AlertKind, raiseAlert } from '../../../core/audit/alerts.ts';
import type { Database, Queryable } from '../../../store/database.ts';
import { newId } from '../../../store/ids.ts';
import { appendOutbox, type OutboxMessage } from '../../../store/outbox.ts';
import type { Progress } from './continuity.ts';

/** A register, and how far the conversation with it has come. */
export interface RegisterState extends Progress {
  readonly deviceId: number;
  readonly registrationNumber: string;
  readonly bin: string;
  readonly blocked: boolean;
  /** Its answer to the last request; null where that may be answered anew. */
  readonly reply: Buffer | null;
  /** Fiscal sign of the last ticket that its shift has counted. */
  readonly countedSign: string | null;
  readonly shiftNumber: number | null;
  readonly shiftOpenedAt: Date | null;
}

interface RegisterRow extends Omit<RegisterState, 'deviceId' | 'token' | 'last' | 'shiftNumber'> {
  readonly deviceId: string;
  readonly token: string;
  readonly usedToken: string | null;
  readonly requestNumber: number | null;
  readonly command: number | null;
  readonly digest: Buffer | null;
  readonly shiftNumber: string | null;
}

// A register of a participant that is no longer active may talk to us as little as a blocked one.
const READ_REGISTERS = `
select r.device_id as "deviceId", r.registration_number as "registrationNumber", r.bin,
       r.blocked or not p.active as blocked, r.token, r.used_token as "usedToken",
       r.request_number as "requestNumber", r.command, r.digest, r.reply, r.counted_sign as "countedSign",
       r.shift_number as "shiftNumber", r.shift_opened_at as "shiftOpenedAt"
  from cash_register r join participant p using (bin)
 where r.device_id = any($1::bigint[])`;

export async function readRegisters(
  db: Queryable,
  deviceIds: readonly number[],
): Promise<ReadonlyMap<number, RegisterState>> {
  const { rows } = await db.query<RegisterRow>({ name: 'read_registers', text: READ_REGISTERS, values: [deviceIds] });
  return new Map(rows.map((row) => [Number(row.deviceId), stateOf(row)]));
}

function stateOf({ usedToken, requestNumber, command, digest, ...row }: RegisterRow): RegisterState {
  const last =
    usedToken === null || requestNumber === null || command === null || digest === null
      ? null
      : { token: Number(usedToken), requestNumber, command, digest };
  return {
    ...row,
    deviceId: Number(row.deviceId),
    token: Number(row.token),
    shiftNumber: row.shiftNumber === null ? null : Number(row.shiftNumber),
    last,
  };
}

export const COUNTED_OPERATIONS = ['sale', 'sale_return', 'purchase', 'purchase_return'] as const;
export type CountedOperation = (typeof COUNTED_OPERATIONS)[number];

/** A receipt for the count of its shift. */
export interface ShiftEntry {
  readonly fiscalSign: string;
  readonly shiftNumber: number;
  readonly operation: CountedOperation;
  /** Tiyn. */
  readonly sum: number;
}

/** Something of the register that is kept as it came. */
export interface RegisterDocument {
  readonly kind: 'close-shift' | 'report' | 'money-placement' | 'register-info' | 'refused-ticket';
  readonly details: Readonly<Record<string, unknown>>;
}

/** A request that has been answered: what it makes of the register. */
export interface Advance {
  readonly from: RegisterState;
  readonly usedToken: number;
  readonly nextToken: number;
  readonly requestNumber: number;
  readonly command: number;
  readonly digest: Buffer;
  readonly payload: Buffer;
  readonly reply: Buffer | null;
  readonly missed: number;
  /** Null: stays as it is. */
  readonly shift: { readonly number: number; readonly openedAt: Date } | null;
  readonly closesShift: number | null;
  readonly entry: ShiftEntry | null;
  readonly document: RegisterDocument | null;
  readonly alert: { readonly kind: AlertKind; readonly details: Readonly<Record<string, unknown>> } | null;
  readonly messages: readonly OutboxMessage[];
}

// Whoever was answered by another hub meanwhile does not move: its register repeats the request and is answered there.
const MOVE_REGISTERS = `
update cash_register r
   set token = t.token, used_token = t.used_token, request_number = t.request_number, command = t.command,
       digest = t.digest, reply = t.reply, requests_missed = r.requests_missed + t.missed,
       shift_number = coalesce(t.shift_number, r.shift_number),
       shift_opened_at = coalesce(t.shift_opened_at, r.shift_opened_at),
       counted_sign = coalesce(t.counted_sign, r.counted_sign), seen_at = $14
  from unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::integer[], $7::smallint[],
              $8::bytea[], $9::bytea[], $10::integer[], $11::bigint[], $12::timestamptz[], $13::text[])
    as t(device_id, seen_token, seen_number, token, used_token, request_number, command, digest, reply, missed,
         shift_number, shift_opened_at, counted_sign)
 where r.device_id = t.device_id and r.token = t.seen_token and r.request_number is not distinct from t.seen_number
   and not r.blocked
returning r.device_id as "deviceId"`;

const COUNT_ENTRIES = `
insert into register_shift as s (device_id, shift_number, opened_at, sales, sales_sum, sale_returns, sale_returns_sum,
                                 purchases, purchases_sum, purchase_returns, purchase_returns_sum)
select device_id, shift_number, $5,
       (operation = 'sale')::integer, case operation when 'sale' then sum else 0 end,
       (operation = 'sale_return')::integer, case operation when 'sale_return' then sum else 0 end,
       (operation = 'purchase')::integer, case operation when 'purchase' then sum else 0 end,
       (operation = 'purchase_return')::integer, case operation when 'purchase_return' then sum else 0 end
  from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) as t(device_id, shift_number, operation, sum)
 order by device_id
on conflict (device_id, shift_number) do update
   set sales = s.sales + excluded.sales, sales_sum = s.sales_sum + excluded.sales_sum,
       sale_returns = s.sale_returns + excluded.sale_returns,
       sale_returns_sum = s.sale_returns_sum + excluded.sale_returns_sum,
       purchases = s.purchases + excluded.purchases, purchases_sum = s.purchases_sum + excluded.purchases_sum,
       purchase_returns = s.purchase_returns + excluded.purchase_returns,
       purchase_returns_sum = s.purchase_returns_sum + excluded.purchase_returns_sum`;

const CLOSE_SHIFTS = `
insert into register_shift as s (device_id, shift_number, opened_at, closed_at)
select device_id, shift_number, $3, $3 from unnest($1::bigint[], $2::bigint[]) as t(device_id, shift_number)
 order by device_id
on conflict (device_id, shift_number) do update set closed_at = coalesce(s.closed_at, excluded.closed_at)`;

const KEEP_DOCUMENTS = `
insert into register_document (received_at, document_id, device_id, kind, digest, body, details)
select $7, * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::jsonb[])`;

/** Those that moved; all that belongs to them is written with it. One device at most once. */
export async function moveRegisters(
  db: Database,
  advances: readonly Advance[],
  now: Date,
): Promise<ReadonlySet<number>> {
  const sorted = [...advances].sort((a, b) => a.from.deviceId - b.from.deviceId);
  return await db.transaction(async (tx) => {
    const { rows } = await tx.query<{ deviceId: string }>({
      name: 'move_registers',
      text: MOVE_REGISTERS,
      values: [...moveColumns(sorted), now],
    });
    const movedIds = new Set(rows.map(({ deviceId }) => Number(deviceId)));
    const moved = sorted.filter(({ from }) => movedIds.has(from.deviceId));
    await countEntries(tx, moved, now);
    await closeShifts(tx, moved, now);
    await keepDocuments(tx, moved, now);
    for (const { from, alert } of moved) {
      if (alert !== null) await raiseAlert(tx, { at: now, subject: from.registrationNumber, ...alert });
    }
    await appendOutbox(
      tx,
      moved.flatMap(({ messages }) => messages),
      now,
    );
    return movedIds;
  });
}

function moveColumns(advances: readonly Advance[]): unknown[] {
  return [
    advances.map(({ from }) => from.deviceId),
    advances.map(({ from }) => from.token),
    advances.map(({ from }) => from.last?.requestNumber ?? null),
    advances.map(({ nextToken }) => nextToken),
    advances.map(({ usedToken }) => usedToken),
    advances.map(({ requestNumber }) => requestNumber),
    advances.map(({ command }) => command),
    advances.map(({ digest }) => digest),
    advances.map(({ reply }) => reply),
    advances.map(({ missed }) => missed),
    advances.map(({ shift }) => shift?.number ?? null),
    advances.map(({ shift }) => shift?.openedAt ?? null),
    advances.map(({ entry }) => entry?.fiscalSign ?? null),
  ];
}

async function countEntries(tx: Queryable, moved: readonly Advance[], now: Date): Promise<void> {
  const entries = moved.flatMap(({ from, entry }) => (entry === null ? [] : [{ deviceId: from.deviceId, ...entry }]));
  if (entries.length === 0) return;
  const values = [
    entries.map(({ deviceId }) => deviceId),
    entries.map(({ shiftNumber }) => shiftNumber),
    entries.map(({ operation }) => operation),
    entries.map(({ sum }) => sum),
    now,
  ];
  await tx.query({ name: 'count_shift_entries', text: COUNT_ENTRIES, values });
}

async function closeShifts(tx: Queryable, moved: readonly Advance[], now: Date): Promise<void> {
  const closed = moved.flatMap(({ from, closesShift }) =>
    closesShift === null ? [] : [{ deviceId: from.deviceId, shiftNumber: closesShift }],
  );
  if (closed.length === 0) return;
  const values = [closed.map(({ deviceId }) => deviceId), closed.map(({ shiftNumber }) => shiftNumber), now];
  await tx.query({ name: 'close_shifts', text: CLOSE_SHIFTS, values });
}

async function keepDocuments(tx: Queryable, moved: readonly Advance[], now: Date): Promise<void> {
  const kept = moved.flatMap(({ document, ...rest }) => (document === null ? [] : [{ ...rest, document }]));
  if (kept.length === 0) return;
  const values = [
    kept.map(() => newId(now)),
    kept.map(({ from }) => from.deviceId),
    kept.map(({ document }) => document.kind),
    kept.map(({ digest }) => digest),
    kept.map(({ payload }) => payload),
    kept.map(({ document }) => JSON.stringify(document.details)),
    now,
  ];
  await tx.query({ name: 'keep_register_documents', text: KEEP_DOCUMENTS, values });
}

export interface ShiftTotals {
  readonly shiftNumber: number;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly counts: Readonly<Record<CountedOperation, { readonly count: number; readonly sum: number }>>;
}

interface ShiftRow {
  readonly shiftNumber: string;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  /** In the order of COUNTED_OPERATIONS. */
  readonly counts: readonly string[];
  readonly sums: readonly string[];
}

const READ_SHIFT = `
select shift_number as "shiftNumber", opened_at as "openedAt", closed_at as "closedAt",
       array[sales, sale_returns, purchases, purchase_returns]::text[] as counts,
       array[sales_sum, sale_returns_sum, purchases_sum, purchase_returns_sum]::text[] as sums
  from register_shift where device_id = $1 and shift_number = $2`;

export async function readShift(db: Queryable, deviceId: number, shiftNumber: number): Promise<ShiftTotals | null> {
  const { rows } = await db.query<ShiftRow>({ name: 'read_shift', text: READ_SHIFT, values: [deviceId, shiftNumber] });
  const [row] = rows;
  if (row === undefined) return null;
  const of = (index: number): { count: number; sum: number } => ({
    count: Number(row.counts[index] ?? 0),
    sum: Number(row.sums[index] ?? 0),
  });
  return {
    shiftNumber: Number(row.shiftNumber),
    openedAt: row.openedAt,
    closedAt: row.closedAt,
    counts: { sale: of(0), sale_return: of(1), purchase: of(2), purchase_return: of(3) },
  };
}
