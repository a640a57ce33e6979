import type { Role } from '../../access/permissions.ts';
import type { Database } from '../../store/database.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';

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

const NAME_MAX = 500;

export function createParticipants(deps: { readonly db: Database; readonly clock: Clock }): Participants {
  const find: Participants['find'] = async (bin) => {
    const { rows } = await deps.db.query<Participant>(SELECT_PARTICIPANT, [bin]);
    return rows[0] ?? null;
  };
  return {
    find,
    async register({ bin, name, role }) {
      if (!isValidBin(bin)) throw new TanbaError('participants.bin_invalid', { path: '/bin', details: { bin } });
      if (name.trim() === '' || name.length > NAME_MAX) {
        throw new TanbaError('participants.name_invalid', { path: '/name', details: { max: NAME_MAX } });
      }
      const inserted = await deps.db.query(INSERT_PARTICIPANT, [bin, name, role, deps.clock.now()]);
      if (inserted.rowCount === 1) return;
      const known = await find(bin);
      if (known?.name === name && known.role === role) return;
      throw new TanbaError('participants.already_registered', { path: '/bin', details: { bin } });
    },
  };
}

const SELECT_PARTICIPANT = 'SELECT bin, name, role, active FROM participant WHERE bin = $1';

// A recovery that finds a lost participant's orders puts a placeholder in its place, inactive and named by its BIN:
// registering makes it whole again.
const INSERT_PARTICIPANT = `
  INSERT INTO participant (bin, name, role, registered_at)
  VALUES ($1, $2, $3, $4)
  ON CONFLICT (bin) DO UPDATE SET name = excluded.name, role = excluded.role, active = true
   WHERE participant.name = participant.bin AND NOT participant.active`;

const FIRST_WEIGHTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const;
const SECOND_WEIGHTS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2] as const;

/** The check digit of a BIN; an IIN, under which a sole trader sells, has the same (decree 406 of 22.05.2007). */
export function isValidBin(bin: string): boolean {
  if (!/^[0-9]{12}$/.test(bin)) return false;
  const first = weightedSum(bin, FIRST_WEIGHTS) % 11;
  // A remainder of 10 twice over is never issued; compared with one digit it is false by itself.
  const check = first === 10 ? weightedSum(bin, SECOND_WEIGHTS) % 11 : first;
  return check === Number(bin[11]);
}

function weightedSum(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, position) => sum + weight * Number(digits[position]), 0);
}
