import type { Queryable } from '../../store/database.ts';
import type { CodeRow } from '../lifecycle/effective-state.ts';
import type { CodeHold, CodeStatus } from '../lifecycle/transitions.ts';
import { PACKAGE_LEVELS_MAX } from '../lifecycle/transitions.ts';

/** One step of a code's life. `via` is the package to whose own event the code was party by being inside. */
export interface HistoryEvent {
  readonly event: string;
  readonly recordedAt: string;
  readonly occurredAt: string;
  readonly documentId: string | null;
  /** Null where the asker may not know. */
  readonly actor: string | null;
  /** The other side of a delivery, where the asker may know it. */
  readonly counterparty: string | null;
  readonly status: CodeStatus;
  readonly hold: CodeHold;
  readonly reason: string | null;
  readonly parent: string | null;
  readonly via: string | null;
  /** The sender's place of business that the document names. */
  readonly place: { readonly name: string; readonly kato: string } | null;
}

interface HistoryRow {
  recordedAt: Date;
  occurredAt: Date;
  documentId: string;
  ver: number;
  parentVer: number | null;
  leftVer: number | null;
  event: string;
  actor: string;
  counterparty: string | null;
  status: CodeStatus;
  hold: CodeHold;
  reason: string | null;
  parent: string | null;
}

const READ_HISTORY = `
select recorded_at as "recordedAt", occurred_at as "occurredAt", document_id as "documentId", ver,
       parent_ver as "parentVer", left_ver as "leftVer", event, actor, counterparty, status, hold, reason, parent
  from code_history where cis = $1 and ver <= $2 order by ver`;

const READ_EMISSION = `
select order_line.emitted_at as "emittedAt", code_order.bin, code_order.order_id as "orderId"
  from order_line join code_order using (order_id) where line_id = $1`;

/** Nobody's life is longer; a bound on what one answer holds. */
const EVENTS_MAX = 10_000;

/** The whole life of a code, oldest first: its emission, its own events, and those of the packages it was in. */
export async function historyOf(db: Queryable, code: CodeRow): Promise<readonly HistoryEvent[]> {
  const emission = await emissionOf(db, code);
  const events = await eventsDuring(db, code.cis, WHOLE_LIFE, 0);
  // A document that moved package and content alike (an introduction) is told once, by the code's own event.
  const own = new Set(events.filter(({ via }) => via === null).map(({ documentId }) => documentId));
  const told = events.filter(({ via, documentId }) => via === null || !own.has(documentId));
  return [...emission, ...told].slice(0, EVENTS_MAX);
}

/** Emission has no row in the history: the order line tells of it. */
async function emissionOf(db: Queryable, code: CodeRow): Promise<HistoryEvent[]> {
  if (code.lineId === null) return [];
  const { rows } = await db.query<{ emittedAt: Date | null; bin: string; orderId: string }>(READ_EMISSION, [
    code.lineId,
  ]);
  const line = rows[0];
  if (line === undefined || line.emittedAt === null) return [];
  const at = line.emittedAt.toISOString();
  return [
    {
      event: 'emitted',
      recordedAt: at,
      occurredAt: at,
      documentId: line.orderId,
      actor: line.bin,
      counterparty: null,
      status: 'emitted',
      hold: 'none',
      reason: null,
      parent: null,
      via: null,
      place: null,
    },
  ];
}

const INT4_MAX = 2_147_483_647;

/**
 * Whose time in a package it is: the package's own versions in (after, to] belong to it. Of the packages further out
 * only the versions between the inner package's packing and leaving are known; where the stay began or ended in
 * between, `from` and `until` (of recording) cut them.
 */
interface Stay {
  readonly after: number;
  readonly to: number;
  readonly entered: number;
  readonly left: number;
  readonly from: number;
  readonly until: number;
}

const EVER = { entered: -Infinity, left: Infinity, from: -Infinity, until: Infinity } as const;
const WHOLE_LIFE: Stay = { after: 0, to: INT4_MAX, ...EVER };

/** Own events during the stay, and those of the packages that the code was in meanwhile. */
async function eventsDuring(db: Queryable, cis: string, stay: Stay, depth: number): Promise<HistoryEvent[]> {
  const { rows } = await db.query<HistoryRow>({ name: 'read_history', text: READ_HISTORY, values: [cis, stay.to] });
  const events: HistoryEvent[] = [];
  for (const [index, row] of rows.entries()) {
    if (row.ver > stay.after && isBetween(row.recordedAt, stay)) events.push(eventOf(row));
    if (row.parent === null || row.parentVer === null || depth >= PACKAGE_LEVELS_MAX) continue;
    const leaving = rows.slice(index + 1).find((later) => later.leftVer !== null);
    if (leaving !== undefined && leaving.ver <= stay.after) continue;
    const inside = stayInside(stay, row, row.parentVer, leaving);
    for (const event of await eventsDuring(db, row.parent, inside, depth + 1)) {
      events.push({ ...event, via: event.via ?? row.parent });
    }
  }
  return events.sort((a, b) => a.recordedAt.localeCompare(b.recordedAt));
}

function stayInside(stay: Stay, packing: HistoryRow, after: number, leaving: HistoryRow | undefined): Stay {
  return {
    after,
    to: leaving?.leftVer ?? INT4_MAX,
    entered: packing.recordedAt.getTime(),
    left: leaving?.recordedAt.getTime() ?? Infinity,
    from: packing.ver > stay.after ? stay.from : Math.max(stay.from, stay.entered),
    until: leaving === undefined ? Math.min(stay.until, stay.left) : stay.until,
  };
}

function isBetween(recordedAt: Date, { from, until }: Stay): boolean {
  return recordedAt.getTime() > from && recordedAt.getTime() <= until;
}

function eventOf(row: HistoryRow): HistoryEvent {
  return {
    event: row.event,
    recordedAt: row.recordedAt.toISOString(),
    occurredAt: row.occurredAt.toISOString(),
    documentId: row.documentId,
    actor: row.actor,
    counterparty: row.counterparty,
    status: row.status,
    hold: row.hold,
    reason: row.reason,
    parent: row.parent,
    via: null,
    place: null,
  };
}

/** Who made the goods and put them into circulation is on the goods; everybody who has them may know it. */
const TOLD_OF_GOODS: ReadonlySet<string> = new Set(['emitted', 'applied', 'introduced', 'corrected']);

/**
 * The steps as their owner may see them: own deals with their other side, and whom the goods come from. What others did
 * with each other stays a step without names (order 44-н/қ, p.59: a participant's data are of its own deals).
 */
export function asOwnerSees(events: readonly HistoryEvent[], bin: string): readonly HistoryEvent[] {
  return events.map((event) =>
    event.actor === bin || event.counterparty === bin || TOLD_OF_GOODS.has(event.event)
      ? event
      : { ...event, actor: null, counterparty: null, documentId: null },
  );
}

const READ_PLACES = `
select document_id as "documentId", name, kato
  from document join business_place on place_id = (header->>'placeId')::uuid
 where document_id = any($1::uuid[]) and header ? 'placeId'`;

/** Adds where each step happened; a step whose document the asker may not know has no place either. */
export async function withPlaces(db: Queryable, events: readonly HistoryEvent[]): Promise<readonly HistoryEvent[]> {
  const documents = [...new Set(events.flatMap(({ documentId }) => documentId ?? []))];
  const { rows } = await db.query<{ documentId: string; name: string; kato: string }>(READ_PLACES, [documents]);
  const places = new Map(rows.map(({ documentId, name, kato }) => [documentId, { name, kato }]));
  return events.map((event) => ({ ...event, place: places.get(event.documentId ?? '') ?? null }));
}
