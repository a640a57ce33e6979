import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { writeAudit } from '../core/audit/audit.ts';
import type { Clock } from '../core/clock.ts';
import { TanbaError } from '../core/errors.ts';
import { isValidBin } from '../core/participants/bin.ts';
import { type GivenPower, readGivenPowers } from '../core/participants/powers-of-attorney.ts';
import type { Database } from '../store/database.ts';
import { delegableOf, isDelegable, type Permission, type Principal } from './permissions.ts';

export const ON_BEHALF_HEADER = 'Tanba-On-Behalf-Of';

/** What somebody wants to do for another. */
export interface ActingRequest {
  /** BIN of the other, from the header. */
  readonly principal: string;
  readonly permission: Permission;
  readonly method: string;
  /** Path of the operation, with its parameters as names. */
  readonly route: string;
  readonly ip: string;
}

/** Who acts for another by power of attorney. */
export interface OnBehalf {
  /**
   * The other, as whom the request goes on; a row of the audit log tells who acts.
   * @throws TanbaError access.not_on_behalf
   */
  act(provider: Principal, request: ActingRequest): Promise<Principal>;
  /** What is remembered of powers is asked anew: one was given or revoked, or a participant was changed. */
  forget(): void;
}

// As long as keys are: another hub notices a revocation within 15 s.
const CACHE_TTL_MS = 15_000;
const KNOWN_MAX = 50_000;

/** BIN of the participant for whom a request is made; null: for oneself. @throws TanbaError access.on_behalf_malformed */
export function principalAsked(headers: IncomingHttpHeaders): string | null {
  const header = headers['tanba-on-behalf-of'];
  if (header === undefined) return null;
  if (typeof header === 'string' && isValidBin(header)) return header;
  throw new TanbaError('access.on_behalf_malformed', { path: `/headers/${ON_BEHALF_HEADER}` });
}

export function createOnBehalf({ db, clock }: { readonly db: Database; readonly clock: Clock }): OnBehalf {
  // Only powers that there are: whoever asks for many others cannot push out those of the rightful.
  const known = new LRUCache<string, readonly GivenPower[]>({
    max: KNOWN_MAX,
    ttl: CACHE_TTL_MS,
    ttlResolution: 0,
    perf: { now: () => clock.now().getTime() },
  });
  let generation = 0;

  async function given(provider: string, principal: string): Promise<readonly GivenPower[]> {
    const key = `${provider} ${principal}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const asked = generation;
    const powers = await readGivenPowers(db, provider, principal, clock.now());
    // What was read before a change is not remembered after it.
    if (asked === generation && powers.length > 0) known.set(key, powers);
    return powers;
  }

  return {
    act: async (provider, { principal, permission, method, route, ip }) => {
      const powers = provider.role === 'service_provider' ? await given(provider.bin, principal) : [];
      const at = clock.now();
      const power = powers.find((one) => covers(one, permission, at));
      if (power === undefined) throw new TanbaError('access.not_on_behalf', { details: { bin: principal } });
      const details = { provider: provider.bin, permission, method, route };
      await writeAudit(db, { at, bin: provider.bin, ip, action: 'attorney.used', subject: principal, details });
      const { bin, role, name } = power;
      return { bin, role, name, actedBy: provider.bin };
    },
    forget: () => {
      generation += 1;
      known.clear();
    },
  };
}

function covers({ role, scope, validFrom, validTo }: GivenPower, permission: Permission, now: Date): boolean {
  if (validFrom.getTime() > now.getTime() || validTo.getTime() <= now.getTime()) return false;
  return isDelegable(permission) && scope.includes(permission) && delegableOf(role).includes(permission);
}
