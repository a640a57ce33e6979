import type { Queryable } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';

export const PARTICIPANT_EVENTS = [
  'registered',
  'suspended',
  'reinstated',
  'renamed',
  'moved',
  'contact_changed',
  'place_opened',
  'place_closed',
  'attorney_given',
  'attorney_revoked',
] as const;
export type ParticipantEventKind = (typeof PARTICIPANT_EVENTS)[number];

/** Who does something to the register. Without a BIN: a command on the server. */
export interface Actor {
  readonly bin: string | null;
  readonly ip: string | null;
}

export const THE_SERVER: Actor = { bin: null, ip: null };

export interface ParticipantChange {
  readonly at: Date;
  readonly bin: string;
  readonly event: ParticipantEventKind;
  readonly actor: Actor;
  readonly reason?: string;
  /** Neither contacts nor addresses: what stands here is never erased. */
  readonly details?: Readonly<Record<string, string>>;
}

/** One change of a participant, in its history and in the audit log, in the transaction of the change itself. */
export async function recordChange(tx: Queryable, change: ParticipantChange): Promise<void> {
  const { at, bin, event, actor, reason = null, details = {} } = change;
  await tx.query(INSERT_EVENT, [bin, at, event, actor.bin, reason, details]);
  await writeAudit(tx, {
    at,
    ...actor,
    action: `participant.${event}`,
    subject: bin,
    details: reason === null ? details : { ...details, reason },
  });
}

export interface ParticipantEvent {
  readonly eventId: string;
  readonly at: Date;
  readonly event: ParticipantEventKind;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, string>>;
}

/** Part of a list: what comes behind `after`, the last id of the page before. */
export interface PageOf {
  readonly after: string | null;
  readonly limit: number;
}

/** Less than every id. */
export const BEGINNING = '00000000-0000-0000-0000-000000000000';

/** Oldest first. */
export async function readHistory(
  db: Queryable,
  bin: string,
  { after, limit }: PageOf,
): Promise<readonly ParticipantEvent[]> {
  return (await db.query<ParticipantEvent>(SELECT_HISTORY, [bin, after ?? '0', limit])).rows;
}

const INSERT_EVENT = `
insert into participant_event (bin, at, event, actor, reason, details)
values ($1, $2, $3, $4, $5, $6)`;

const SELECT_HISTORY = `
select event_id as "eventId", at, event, actor, reason, details
  from participant_event
 where bin = $1 and event_id > $2
 order by event_id
 limit $3`;
