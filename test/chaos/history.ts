import type { Database } from '../../src/store/database.ts';
import type { ReceivedMessage } from '../support/partner-stand-in.ts';

/** What was done to the hub and answered by it; written by the load. */
export interface History {
  /** Receipts that the hub has accepted, by the id it gave. */
  readonly receipts: Set<string>;
  /** Documents that it has taken, by the key under which they were sent, with every id that it ever answered. */
  readonly documents: Map<string, Set<string>>;
  /** Inbound messages by their id, with every answer that it ever gave. */
  readonly inbound: Map<string, Set<string>>;
  /** Answers that nobody should get: anything but success, a refusal to be repeated, or silence. */
  readonly oddAnswers: string[];
  /** What score() has not found, for whoever looks for the reason. */
  readonly lost: string[];
  faults: number;
}

export function newHistory(): History {
  return { receipts: new Set(), documents: new Map(), inbound: new Map(), oddAnswers: [], lost: [], faults: 0 };
}

export interface Scoreboard {
  readonly accepted: number;
  readonly deliveries: number;
  readonly attempts: number;
  /** Arrivals at the partner beyond the first of each message. */
  readonly repeats: number;
  readonly inbound: number;
  readonly faults: number;
  readonly lost: number;
  readonly inboundAppliedTwice: number;
  /** Repeats under another id, or with other bytes. */
  readonly strangeRepeats: number;
  readonly outOfOrder: number;
  /** In no final state, or parked for no reason. */
  readonly unexplained: number;
  readonly oddAnswers: number;
}

/** What must be 0 whatever happened. */
export const MUST_BE_ZERO = [
  'lost',
  'inboundAppliedTwice',
  'strangeRepeats',
  'outOfOrder',
  'unexplained',
  'oddAnswers',
] as const satisfies readonly (keyof Scoreboard)[];

const DELIVERIES = `
select d.message_id as "messageId", d.partner_id as "partnerId", d.state, d.reason, d.lane, d.position
  from delivery d order by d.position`;
const MESSAGES_OF_DOCUMENTS = `
select k.key, count(*)::integer as messages from message_key k where k.key like 'document:%' group by k.key`;
const COUNTS = `
select (select count(*) from attempt)::integer as attempts,
       (select count(*) from receipt)::integer as receipts,
       (select count(*) from document)::integer as documents,
       (select count(*) from inbox)::integer as inbox`;

interface DeliveryRow {
  readonly messageId: string;
  readonly partnerId: string;
  readonly state: string;
  readonly reason: string | null;
  readonly lane: string | null;
  readonly position: string;
}

/** Compares what was promised with what stands in the store and what arrived outside. */
export async function score(db: Database, history: History, received: readonly ReceivedMessage[]): Promise<Scoreboard> {
  const { rows: deliveries } = await db.query<DeliveryRow>(DELIVERIES);
  const { rows: told } = await db.query<{ key: string; messages: number }>(MESSAGES_OF_DOCUMENTS);
  const { rows: counts } = await db.query<{ attempts: number; documents: number; inbox: number }>(COUNTS);
  const arrivals = arrivalsOf(received);
  return {
    accepted: history.receipts.size + history.documents.size,
    deliveries: deliveries.length,
    attempts: counts[0]?.attempts ?? 0,
    repeats: received.length - arrivals.size,
    inbound: history.inbound.size,
    faults: history.faults,
    lost: lostOf(history, deliveries, arrivals, told),
    inboundAppliedTwice: appliedTwice(history, told, counts[0]),
    strangeRepeats: strangeRepeats(arrivals),
    outOfOrder: outOfOrder(deliveries, arrivals),
    unexplained: deliveries.filter(
      ({ state, reason }) => state !== 'delivered' && (state !== 'parked' || reason === null),
    ).length,
    oddAnswers: history.oddAnswers.length,
  };
}

interface Arrivals {
  /** Places in the order of arrival. */
  readonly all: number[];
  /** Of those that the partner answered with success. */
  readonly taken: number[];
  readonly bodies: Set<string>;
  readonly body: { readonly data?: { readonly receiptIds?: readonly string[]; readonly documentId?: string } };
}

function arrivalsOf(received: readonly ReceivedMessage[]): Map<string, Arrivals> {
  const arrivals = new Map<string, Arrivals>();
  received.forEach(({ id, body, path, answeredWith }, place) => {
    const key = `${path} ${id}`;
    const known = arrivals.get(key) ?? newArrivals(body);
    known.all.push(place);
    if (answeredWith.kind === 'ok' || answeredWith.kind === 'slow') known.taken.push(place);
    known.bodies.add(String(body));
    arrivals.set(key, known);
  });
  return arrivals;
}

function newArrivals(body: Buffer): Arrivals {
  return { all: [], taken: [], bodies: new Set(), body: JSON.parse(String(body)) };
}

/** Accepted, and neither delivered nor parked with a reason. */
function lostOf(
  history: History,
  deliveries: readonly DeliveryRow[],
  arrivals: ReadonlyMap<string, Arrivals>,
  told: readonly { readonly key: string }[],
): number {
  const parked = deliveries.filter(({ state }) => state === 'parked').length;
  const arrivedReceipts = new Set<string>();
  const arrivedDocuments = new Set<string>();
  for (const { body, taken } of arrivals.values()) {
    if (taken.length === 0) continue;
    for (const receiptId of body.data?.receiptIds ?? []) arrivedReceipts.add(receiptId);
    if (body.data?.documentId !== undefined) arrivedDocuments.add(body.data.documentId);
  }
  const toldDocuments = new Set(told.map(({ key }) => key.slice('document:'.length)));
  const receipts = [...history.receipts].filter((id) => !arrivedReceipts.has(id));
  const documents = [...history.documents.values()].filter(
    (ids) => ![...ids].some((id) => arrivedDocuments.has(id) || (parked > 0 && toldDocuments.has(id))),
  );
  history.lost.push(...receipts.map((id) => `receipt ${id}`), ...documents.map((ids) => `document ${[...ids]}`));
  return documents.length + Math.max(0, receipts.length - parked);
}

function appliedTwice(
  history: History,
  told: readonly { readonly key: string; readonly messages: number }[],
  counts: { readonly inbox: number } | undefined,
): number {
  const severalIds = [...history.documents.values()].filter((ids) => ids.size > 1).length;
  const toldTwice = told.filter(({ messages }) => messages > 1).length;
  const severalAnswers = [...history.inbound.values()].filter((answers) => answers.size > 1).length;
  const tooMany = Math.max(0, (counts?.inbox ?? 0) - history.inbound.size);
  return severalIds + toldTwice + severalAnswers + tooMany;
}

function strangeRepeats(arrivals: ReadonlyMap<string, Arrivals>): number {
  const idsOf = new Map<string, string>();
  let strange = 0;
  for (const [key, { bodies, body }] of arrivals) {
    if (bodies.size > 1) strange += 1;
    for (const receiptId of body.data?.receiptIds ?? []) {
      if (idsOf.has(receiptId) && idsOf.get(receiptId) !== key) strange += 1;
      idsOf.set(receiptId, key);
    }
  }
  return strange;
}

/** In a lane the next message comes only after the one before it has been taken. */
function outOfOrder(deliveries: readonly DeliveryRow[], arrivals: ReadonlyMap<string, Arrivals>): number {
  const byId = new Map([...arrivals].map(([key, arrival]) => [key.slice(key.indexOf(' ') + 1), arrival]));
  const lastTaken = new Map<string, number>();
  let wrong = 0;
  for (const { messageId, partnerId, lane } of deliveries) {
    const arrival = byId.get(messageId);
    if (lane === null || arrival === undefined) continue;
    const laneKey = `${partnerId} ${lane}`;
    const [first = Number.POSITIVE_INFINITY] = arrival.all;
    if (first < (lastTaken.get(laneKey) ?? -1)) wrong += 1;
    lastTaken.set(laneKey, arrival.taken[0] ?? first);
  }
  return wrong;
}
