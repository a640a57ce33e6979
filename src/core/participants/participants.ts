import type { Role } from '../../access/permissions.ts';
import type { Database, Queryable } from '../../store/database.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import { isValidBin } from './bin.ts';
import { recordChange, THE_SERVER } from './participant-events.ts';
import { checkName, insertParticipant } from './participant-store.ts';

export interface Participant {
  readonly bin: string;
  readonly name: string;
  readonly role: Role;
  readonly active: boolean;
}

export interface Participants {
  /** The same participant again changes nothing; the same BIN with another name or role is refused. */
  register(participant: { readonly bin: string; readonly name: string; readonly role: Role }): Promise<void>;
  find(bin: string): Promise<Participant | null>;
}

/** The register as commands on the server see it; the rest of it is changed by its operator over HTTP. */
export function createParticipants({ db, clock }: { readonly db: Database; readonly clock: Clock }): Participants {
  return {
    find: (bin) => findParticipant(db, bin),
    async register({ bin, name, role }) {
      if (!isValidBin(bin)) throw new TanbaError('participants.bin_invalid', { path: '/bin', details: { bin } });
      checkName(name);
      const at = clock.now();
      await db.transaction(async (tx) => {
        if (await insertParticipant(tx, { bin, name, role, address: null }, at)) {
          await recordChange(tx, { at, bin, event: 'registered', actor: THE_SERVER, details: { role } });
          return;
        }
        const known = await findParticipant(tx, bin);
        if (known?.name === name && known.role === role) return;
        throw new TanbaError('participants.already_registered', { path: '/bin', details: { bin } });
      });
    },
  };
}

async function findParticipant(db: Queryable, bin: string): Promise<Participant | null> {
  return (await db.query<Participant>(SELECT_PARTICIPANT, [bin])).rows[0] ?? null;
}

const SELECT_PARTICIPANT = 'select bin, name, role, active from participant where bin = $1';
