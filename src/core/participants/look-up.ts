import type { Role } from '../../access/permissions.ts';
import type { Database } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import { type BusinessPlace, readPlaces } from './own-record.ts';
import type { PageOf, ParticipantEvent } from './participant-events.ts';
import { readHistory } from './participant-events.ts';
import type { Contact, LegalAddress } from './participant-store.ts';

/** What everybody with a key may know of whom goods are shipped to. */
export interface ParticipantEntry {
  readonly bin: string;
  readonly name: string;
  readonly role: Role;
  readonly active: boolean;
  readonly registeredAt: Date;
}

/** The rest: for the participant itself, for the operator and for authorities. */
export interface ParticipantRecord {
  readonly address: LegalAddress | null;
  readonly contact: Contact | null;
}

export interface ParticipantAsker {
  readonly bin: string;
  readonly role: Role;
  readonly seesEverything: boolean;
  readonly ip: string;
}

export interface ParticipantFilter {
  /** Part of the name, in upper or lower case. */
  readonly name: string | null;
  readonly role: Role | null;
  readonly active: boolean | null;
  /** The last BIN of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

export interface ParticipantLookUp {
  /** `record` is null for whoever may not see it. @throws TanbaError participants.unknown */
  find(
    asker: ParticipantAsker,
    bin: string,
  ): Promise<{ readonly entry: ParticipantEntry; readonly record: ParticipantRecord | null }>;
  /** @throws TanbaError access.forbidden, participants.unknown */
  places(asker: ParticipantAsker, bin: string, page: PageOf): Promise<readonly BusinessPlace[]>;
  /** @throws TanbaError access.forbidden, participants.unknown */
  history(asker: ParticipantAsker, bin: string, page: PageOf): Promise<readonly ParticipantEvent[]>;
  /** By BIN. @throws TanbaError access.forbidden */
  list(asker: ParticipantAsker, filter: ParticipantFilter): Promise<readonly ParticipantEntry[]>;
}

export function createParticipantLookUp({
  db,
  clock,
}: {
  readonly db: Database;
  readonly clock: Clock;
}): ParticipantLookUp {
  async function entryOf(bin: string): Promise<ParticipantEntry> {
    const { rows } = await db.query<ParticipantEntry>(SELECT_ENTRY, [bin]);
    if (rows[0] === undefined) throw new TanbaError('participants.unknown', { path: '/path/bin', details: { bin } });
    return rows[0];
  }

  /** Seeing another's record is the right of a role, and leaves its trace. */
  async function disclose(asker: ParticipantAsker, bin: string, what: string): Promise<void> {
    if (asker.bin === bin) return;
    if (!asker.seesEverything) throw new TanbaError('access.forbidden', { details: { role: asker.role } });
    await writeAudit(db, {
      at: clock.now(),
      bin: asker.bin,
      ip: asker.ip,
      action: 'participant.disclosed',
      subject: bin,
      details: { ground: 'role', what },
    });
  }

  return {
    find: async (asker, bin) => {
      const entry = await entryOf(bin);
      if (asker.bin !== bin && !asker.seesEverything) return { entry, record: null };
      await disclose(asker, bin, 'record');
      return { entry, record: recordOf((await db.query<RecordRow>(SELECT_RECORD, [bin])).rows[0]) };
    },
    places: async (asker, bin, page) => {
      await entryOf(bin);
      await disclose(asker, bin, 'places');
      return readPlaces(db, bin, page);
    },
    history: async (asker, bin, page) => {
      await entryOf(bin);
      await disclose(asker, bin, 'history');
      return readHistory(db, bin, page);
    },
    list: async (asker, { name, role, active, after, limit }) => {
      if (!asker.seesEverything) throw new TanbaError('access.forbidden', { details: { role: asker.role } });
      return (await db.query<ParticipantEntry>(SELECT_ENTRIES, [after ?? '', role, active, name, limit])).rows;
    },
  };
}

interface RecordRow {
  readonly legalAddress: string | null;
  readonly kato: string | null;
  readonly person: string | null;
  readonly phone: string | null;
  readonly email: string | null;
}

function recordOf(row: RecordRow | undefined): ParticipantRecord {
  const { legalAddress = null, kato = null, person = null, phone = null, email = null } = row ?? {};
  return {
    address: legalAddress === null || kato === null ? null : { legalAddress, kato },
    contact: person === null || phone === null || email === null ? null : { person, phone, email },
  };
}

const ENTRY = 'bin, name, role, active, registered_at as "registeredAt"';

const SELECT_ENTRY = `select ${ENTRY} from participant where bin = $1`;

const SELECT_RECORD = `
select legal_address as "legalAddress", kato, person, phone, email
  from participant left join participant_contact using (bin)
 where bin = $1`;

// strpos, not like: nothing in what is searched for means anything else.
const SELECT_ENTRIES = `
select ${ENTRY} from participant
 where bin > $1
   and ($2::participant_role is null or role = $2)
   and ($3::boolean is null or active = $3)
   and ($4::text is null or strpos(lower(name), lower($4)) > 0)
 order by bin
 limit $5`;
