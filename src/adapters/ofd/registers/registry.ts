import { randomInt } from 'node:crypto';
import { writeAudit } from '../../../core/audit/audit.ts';
import type { Clock } from '../../../core/clock.ts';
import { TanbaError } from '../../../core/errors.ts';
import { type Database, type Queryable, sqlState } from '../../../store/database.ts';

export interface RegisterView {
  readonly deviceId: number;
  readonly registrationNumber: string;
  readonly bin: string;
  readonly blocked: boolean;
  readonly shiftNumber: number | null;
  readonly requestsMissed: number;
  readonly registeredAt: Date;
  readonly seenAt: Date | null;
}

export interface NewRegister {
  readonly deviceId: number;
  readonly registrationNumber: string;
  readonly bin: string;
}

export interface Actor {
  readonly bin: string;
  readonly ip: string;
  /** The operator of the whole system; a fiscal data operator changes its own registers only. */
  readonly changesAll: boolean;
}

/** Which registers there are, whose they are, and the tokens that they begin with. */
export interface Registry {
  /** The token that its first request has to carry: the only time that it is shown. */
  add(register: NewRegister, by: Actor): Promise<number>;
  /** For a register whose conversation was lost: repaired, or exchanged for another one. */
  renewToken(deviceId: number, by: Actor): Promise<number>;
  block(deviceId: number, blocked: boolean, by: Actor): Promise<void>;
  find(deviceId: number): Promise<RegisterView | null>;
  /** By device id, behind `after`: all, those that a fiscal data operator serves, or those that a participant has. */
  list(filter: { readonly whose: Whose; readonly after: number; readonly limit: number }): Promise<RegisterView[]>;
  /** The demo's registers: those that are there stay as they are. */
  seed(registers: readonly SeedRegister[]): Promise<ReadonlyMap<number, number>>;
}

export interface Whose {
  readonly servedBy?: string;
  readonly ownedBy?: string;
}

export interface SeedRegister extends NewRegister {
  readonly ofdBin: string;
  readonly token: number;
}

const TOKEN_MAX = 0xffff_ffff;
const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

const ADD_REGISTER = `
insert into cash_register (device_id, registration_number, bin, ofd_bin, token, registered_at)
values ($1, $2, $3, $4, $5, $6)`;

const RENEW_TOKEN = `
update cash_register
   set token = $2, used_token = null, request_number = null, command = null, digest = null, reply = null
 where device_id = $1 and ofd_bin = coalesce($3, ofd_bin)`;

const BLOCK_REGISTER = `
update cash_register set blocked = $2 where device_id = $1 and ofd_bin = coalesce($3, ofd_bin)`;

const REGISTER_COLUMNS = `
device_id as "deviceId", registration_number as "registrationNumber", bin, blocked, shift_number as "shiftNumber",
requests_missed as "requestsMissed", registered_at as "registeredAt", seen_at as "seenAt"`;

const LIST_REGISTERS = `
select ${REGISTER_COLUMNS} from cash_register
 where device_id > $1 and ($2::text is null or bin = $2) and ($3::text is null or ofd_bin = $3)
 order by device_id limit $4`;

const SEED_REGISTERS = `
insert into cash_register (device_id, registration_number, bin, ofd_bin, token, registered_at)
select *, $6 from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[])
on conflict do nothing`;

const TOKENS = `select device_id as "deviceId", token from cash_register where device_id = any($1::bigint[])`;

interface RegisterRow extends Omit<RegisterView, 'deviceId' | 'shiftNumber' | 'requestsMissed'> {
  readonly deviceId: string;
  readonly shiftNumber: string | null;
  readonly requestsMissed: string;
}

export function createRegistry(deps: { readonly db: Database; readonly clock: Clock }): Registry {
  const { db, clock } = deps;

  async function change(statement: string, values: readonly unknown[], action: string, by: Actor): Promise<void> {
    const [deviceId] = values;
    await db.transaction(async (tx) => {
      const { rowCount } = await tx.query(statement, [...values, by.changesAll ? null : by.bin]);
      if (rowCount === 0) throw new TanbaError('registers.unknown', { details: { deviceId: String(deviceId) } });
      await audit(tx, clock.now(), action, String(deviceId), by);
    });
  }

  async function rowsAfter(after: number, { ownedBy, servedBy }: Whose, limit: number): Promise<RegisterView[]> {
    const values = [after, ownedBy ?? null, servedBy ?? null, limit];
    const { rows } = await db.query<RegisterRow>(LIST_REGISTERS, values);
    return rows.map(viewOf);
  }

  return {
    add: async ({ deviceId, registrationNumber, bin }, by) => {
      const token = newToken();
      const now = clock.now();
      await db.transaction(async (tx) => {
        try {
          await tx.query(ADD_REGISTER, [deviceId, registrationNumber, bin, by.bin, token, now]);
        } catch (cause) {
          const state = sqlState(cause);
          if (state === UNIQUE_VIOLATION) throw new TanbaError('registers.already_registered', { cause });
          if (state === FOREIGN_KEY_VIOLATION) {
            throw new TanbaError('participants.unknown', { path: '/bin', details: { bin }, cause });
          }
          throw cause;
        }
        await audit(tx, now, 'register.added', String(deviceId), by);
      });
      return token;
    },
    renewToken: async (deviceId, by) => {
      const token = newToken();
      await change(RENEW_TOKEN, [deviceId, token], 'register.token_renewed', by);
      return token;
    },
    block: (deviceId, blocked, by) =>
      change(BLOCK_REGISTER, [deviceId, blocked], blocked ? 'register.blocked' : 'register.unblocked', by),
    find: async (deviceId) => {
      const [found] = await rowsAfter(deviceId - 1, {}, 1);
      return found?.deviceId === deviceId ? found : null;
    },
    list: ({ whose, after, limit }) => rowsAfter(after, whose, limit),
    seed: async (registers) => {
      const deviceIds = registers.map(({ deviceId }) => deviceId);
      await db.query(SEED_REGISTERS, [
        deviceIds,
        registers.map(({ registrationNumber }) => registrationNumber),
        registers.map(({ bin }) => bin),
        registers.map(({ ofdBin }) => ofdBin),
        registers.map(({ token }) => token),
        clock.now(),
      ]);
      const { rows } = await db.query<{ deviceId: string; token: string }>(TOKENS, [deviceIds]);
      return new Map(rows.map(({ deviceId, token }) => [Number(deviceId), Number(token)]));
    },
  };
}

export function newToken(): number {
  return randomInt(1, TOKEN_MAX);
}

function viewOf({ deviceId, shiftNumber, requestsMissed, ...row }: RegisterRow): RegisterView {
  return {
    ...row,
    deviceId: Number(deviceId),
    shiftNumber: shiftNumber === null ? null : Number(shiftNumber),
    requestsMissed: Number(requestsMissed),
  };
}

async function audit(tx: Queryable, at: Date, action: string, subject: string, by: Actor): Promise<void> {
  await writeAudit(tx, { at, bin: by.bin, ip: by.ip, action, subject, details: {} });
}
