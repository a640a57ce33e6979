import { type DelegablePermission, delegableOf, type Role } from '../../access/permissions.ts';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { PageOf } from './participant-events.ts';
import { BEGINNING, recordChange } from './participant-events.ts';
import { findRegistered } from './participant-store.ts';

export interface NewPower {
  /** BIN of the service provider that is empowered. */
  readonly provider: string;
  /** Of the paper. */
  readonly number: string;
  readonly scope: readonly DelegablePermission[];
  readonly validFrom: Date;
  /** The first moment in which it stands no longer. */
  readonly validTo: Date;
}

export interface PowerOfAttorney extends NewPower {
  readonly poaId: string;
  /** BIN of whoever gave it. */
  readonly principal: string;
  readonly registeredAt: Date;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}

/** One of the two sides. */
export interface Side {
  readonly bin: string;
  readonly role: Role;
  readonly ip: string;
}

/** Who may act for whom. */
export interface PowersOfAttorney {
  /**
   * @throws TanbaError attorney.to_oneself, attorney.period_reversed, attorney.period_too_long, attorney.period_over,
   * attorney.scope_empty, attorney.scope_beyond, participants.unknown, participants.suspended, attorney.not_a_provider
   */
  register(principal: Side, power: NewPower): Promise<PowerOfAttorney>;
  /** Given and received ones, oldest first, those of the past too. */
  list(bin: string, page: PageOf): Promise<readonly PowerOfAttorney[]>;
  /** By either side. @throws TanbaError attorney.not_found, attorney.revoked */
  revoke(side: Side, poaId: string): Promise<PowerOfAttorney>;
}

export interface PowersOfAttorneyDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Told after the commit: whoever remembers powers shall ask anew. */
  readonly onChanged: () => void;
}

// As long as the Civil Code lets one last (art. 168; the article is to be compared with its text).
const YEARS_MAX = 3;

export function createPowersOfAttorney({ db, clock, onChanged }: PowersOfAttorneyDeps): PowersOfAttorney {
  return {
    register: async (principal, power) => {
      const at = clock.now();
      if (power.provider === principal.bin) throw new TanbaError('attorney.to_oneself', { path: '/provider' });
      checkPeriod(power, at);
      checkScope(principal.role, power.scope);
      const made = await db.transaction((tx) => insertPower(tx, principal, power, at));
      onChanged();
      return made;
    },
    list: async (bin, { after, limit }) =>
      (await db.query<PowerOfAttorney>(SELECT_POWERS, [bin, after ?? BEGINNING, limit])).rows,
    revoke: async (side, poaId) => {
      const revoked = await db.transaction((tx) => revokePower(tx, side, poaId, clock.now()));
      onChanged();
      return revoked;
    },
  };
}

function checkPeriod({ validFrom, validTo }: NewPower, now: Date): void {
  const path = '/validTo';
  if (validTo.getTime() <= validFrom.getTime()) throw new TanbaError('attorney.period_reversed', { path });
  const latest = new Date(validFrom);
  latest.setUTCFullYear(latest.getUTCFullYear() + YEARS_MAX);
  if (validTo.getTime() > latest.getTime()) {
    throw new TanbaError('attorney.period_too_long', { path, details: { years: YEARS_MAX } });
  }
  if (validTo.getTime() <= now.getTime()) throw new TanbaError('attorney.period_over', { path });
}

function checkScope(role: Role, scope: NewPower['scope']): void {
  const path = '/scope';
  if (scope.length === 0) throw new TanbaError('attorney.scope_empty', { path });
  const own = delegableOf(role);
  const beyond = scope.filter((permission) => !own.includes(permission));
  if (beyond.length > 0) {
    throw new TanbaError('attorney.scope_beyond', { path, details: { role, permissions: beyond.join(', ') } });
  }
}

async function insertPower(tx: Transaction, principal: Side, power: NewPower, at: Date): Promise<PowerOfAttorney> {
  const { provider: bin, number, scope, validFrom, validTo } = power;
  const path = '/provider';
  const registered = await findRegistered(tx, bin);
  if (registered === null) throw new TanbaError('participants.unknown', { path, details: { bin } });
  if (registered.role !== 'service_provider')
    throw new TanbaError('attorney.not_a_provider', { path, details: { bin } });
  if (!registered.active) throw new TanbaError('participants.suspended', { path, details: { bin } });
  const poaId = newId(at);
  await tx.query(INSERT_POWER, [poaId, principal.bin, bin, number, scope, validFrom, validTo, at]);
  await recordChange(tx, {
    at,
    bin: principal.bin,
    event: 'attorney_given',
    actor: { bin: principal.bin, ip: principal.ip },
    details: {
      poaId,
      provider: bin,
      scope: scope.join(','),
      validFrom: validFrom.toISOString(),
      validTo: validTo.toISOString(),
    },
  });
  return { ...power, poaId, principal: principal.bin, registeredAt: at, revokedAt: null, revokedBy: null };
}

async function revokePower(tx: Transaction, { bin, ip }: Side, poaId: string, at: Date): Promise<PowerOfAttorney> {
  const revoked = (await tx.query<PowerOfAttorney>(REVOKE_POWER, [poaId, bin, at])).rows[0];
  if (revoked === undefined) {
    const { rowCount } = await tx.query(FIND_POWER, [poaId, bin]);
    throw new TanbaError(rowCount === 0 ? 'attorney.not_found' : 'attorney.revoked');
  }
  const { principal, provider } = revoked;
  await recordChange(tx, {
    at,
    bin: principal,
    event: 'attorney_revoked',
    actor: { bin, ip },
    details: { poaId, provider },
  });
  return revoked;
}

/** A power as acting asks for it, with whoever gave it as it stands in the register. */
export interface GivenPower {
  readonly bin: string;
  readonly role: Role;
  readonly name: string;
  readonly scope: readonly DelegablePermission[];
  readonly validFrom: Date;
  readonly validTo: Date;
}

/** Of active participants, neither revoked nor over; those that begin later too. */
export async function readGivenPowers(
  db: Queryable,
  provider: string,
  principal: string,
  now: Date,
): Promise<readonly GivenPower[]> {
  return (await db.query<GivenPower>({ ...SELECT_GIVEN, values: [provider, principal, now] })).rows;
}

const POWER = `
poa_id as "poaId", principal_bin as principal, provider_bin as provider, number, scope, valid_from as "validFrom",
valid_to as "validTo", registered_at as "registeredAt", revoked_at as "revokedAt", revoked_by as "revokedBy"`;

const INSERT_POWER = `
insert into power_of_attorney
  (poa_id, principal_bin, provider_bin, number, scope, valid_from, valid_to, registered_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)`;

// Two parts, so that a provider of thousands and its page are read by one index each.
const SELECT_POWERS = `
(select ${POWER} from power_of_attorney where principal_bin = $1 and poa_id > $2 order by poa_id limit $3)
union all
(select ${POWER} from power_of_attorney where provider_bin = $1 and poa_id > $2 order by poa_id limit $3)
order by "poaId"
limit $3`;

const REVOKE_POWER = `
update power_of_attorney set revoked_at = $3, revoked_by = $2
 where poa_id = $1 and $2 in (principal_bin, provider_bin) and revoked_at is null
returning ${POWER}`;

const FIND_POWER = 'select from power_of_attorney where poa_id = $1 and $2 in (principal_bin, provider_bin)';

const SELECT_GIVEN = {
  name: 'given_powers',
  text: `
select participant.bin, participant.role, participant.name, scope, valid_from as "validFrom", valid_to as "validTo"
  from power_of_attorney
  join participant on participant.bin = principal_bin
 where provider_bin = $1 and principal_bin = $2 and revoked_at is null and valid_to > $3 and participant.active`,
};
