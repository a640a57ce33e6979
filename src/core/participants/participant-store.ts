import type { Role } from '../../access/permissions.ts';
import type { Queryable, Transaction } from '../../store/database.ts';
import { TanbaError } from '../errors.ts';

export interface LegalAddress {
  readonly legalAddress: string;
  /** Region: nine digits of the classifier of administrative and territorial objects. */
  readonly kato: string;
}

/** Who answers for a participant: personal data, kept in this one place. */
export interface Contact {
  readonly person: string;
  readonly phone: string;
  readonly email: string;
}

export interface NewParticipant {
  readonly bin: string;
  readonly name: string;
  readonly role: Role;
  readonly address: LegalAddress | null;
}

const NAME_MAX = 500;

export function checkName(name: string): void {
  if (name.trim() !== '' && name.length <= NAME_MAX) return;
  throw new TanbaError('participants.name_invalid', { path: '/name', details: { max: NAME_MAX } });
}

/** False where the BIN has a participant already. */
export async function insertParticipant(
  tx: Queryable,
  { bin, name, role, address }: NewParticipant,
  at: Date,
): Promise<boolean> {
  const values = [bin, name, role, at, address?.legalAddress ?? null, address?.kato ?? null];
  return (await tx.query(INSERT_PARTICIPANT, values)).rowCount === 1;
}

export interface KnownParticipant {
  readonly name: string;
  readonly role: Role;
  readonly active: boolean;
  readonly legalAddress: string | null;
  readonly kato: string | null;
}

/** A BIN that is registered; a placeholder is not. */
export async function findRegistered(db: Queryable, bin: string): Promise<KnownParticipant | null> {
  return (await db.query<KnownParticipant>(SELECT_REGISTERED, [bin])).rows[0] ?? null;
}

/**
 * Until the end of the transaction nobody else changes this participant.
 * @throws TanbaError participants.unknown
 */
export async function lockRegistered(tx: Transaction, bin: string): Promise<KnownParticipant> {
  const { rows } = await tx.query<KnownParticipant>(LOCK_REGISTERED, [bin]);
  if (rows[0] === undefined) throw new TanbaError('participants.unknown', { path: '/bin', details: { bin } });
  return rows[0];
}

export async function putContact(
  tx: Queryable,
  bin: string,
  { person, phone, email }: Contact,
  at: Date,
): Promise<void> {
  await tx.query(UPSERT_CONTACT, [bin, person, phone, email, at]);
}

// A recovery that finds a lost participant's orders puts a placeholder in its place, inactive and named by its BIN:
// registering makes it whole again. Whoever was suspended is no placeholder, however it is named.
const PLACEHOLDER = `
participant.name = participant.bin and not participant.active
  and not exists (select from participant_event e where e.bin = participant.bin and e.event = 'suspended')`;

const INSERT_PARTICIPANT = `
insert into participant (bin, name, role, registered_at, legal_address, kato)
values ($1, $2, $3, $4, $5, $6)
on conflict (bin) do update
   set name = excluded.name, role = excluded.role, active = true,
       legal_address = excluded.legal_address, kato = excluded.kato
 where ${PLACEHOLDER}`;

const SELECT_REGISTERED = `
select name, role, active, legal_address as "legalAddress", kato from participant where bin = $1 and not (${PLACEHOLDER})`;

const LOCK_REGISTERED = `${SELECT_REGISTERED} for no key update`;

const UPSERT_CONTACT = `
insert into participant_contact (bin, person, phone, email, changed_at)
values ($1, $2, $3, $4, $5)
on conflict (bin) do update
   set person = excluded.person, phone = excluded.phone, email = excluded.email, changed_at = excluded.changed_at`;
