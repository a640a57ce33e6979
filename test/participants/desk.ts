import { createApiKeys } from '../../src/access/api-keys.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { createApplicationLimits } from '../../src/core/participants/application-limits.ts';
import type { ApplicationRequest } from '../../src/core/participants/application-store.ts';
import { createApplications } from '../../src/core/participants/applications.ts';
import { createParticipantLookUp } from '../../src/core/participants/look-up.ts';
import { createOwnRecord } from '../../src/core/participants/own-record.ts';
import { createParticipants } from '../../src/core/participants/participants.ts';
import { createSupervision } from '../../src/core/participants/supervision.ts';
import { movableClock } from '../support/clock.ts';
import { createTestDatabase } from '../support/database.ts';
import { binsFrom } from './numbers.ts';

export const OPERATOR = { bin: '190140001018', ip: '192.0.2.1' } as const;
export const OTHER_OPERATOR = { bin: '211241012349', ip: '192.0.2.2' } as const;
export const APPLICANT_IP = '192.0.2.9';
export const CONTACT = { person: 'Айгүл Серікқызы', phone: '+77011234567', email: 'aigul@example.kz' } as const;
export const ADDRESS = { legalAddress: 'Астана, Мәңгілік Ел 1', kato: '710000000' } as const;
export const PLACES_MAX = 2;

/** A register with two operators, on a store of its own. */
export async function openRegister(options: { readonly applicationsPerHour?: number } = {}) {
  const store = await createTestDatabase();
  const { db } = store;
  const clock = movableClock();
  const apiKeys = createApiKeys({ db, clock });
  const participants = createParticipants({ db, clock });
  for (const { bin } of [OPERATOR, OTHER_OPERATOR]) {
    await participants.register({ bin, name: 'Оператор', role: 'operator' });
  }
  const newBin = binsFrom(1);
  return {
    db,
    clock,
    apiKeys,
    participants,
    newBin,
    applications: createApplications({
      db,
      clock,
      limits: createApplicationLimits(options.applicationsPerHour ?? 1_000),
    }),
    supervision: createSupervision({ db, clock, onChanged: () => apiKeys.forget() }),
    ownRecord: createOwnRecord({ db, clock, placesPerParticipant: PLACES_MAX }),
    lookUp: createParticipantLookUp({ db, clock }),
    /** A participant registered by a command. */
    registered: async (changes: { readonly name?: string } = {}): Promise<string> => {
      const bin = newBin();
      await participants.register({ bin, name: 'ТОО «Дүкен»', role: 'retailer', ...changes });
      return bin;
    },
    request: (changes: Partial<ApplicationRequest> = {}): ApplicationRequest => ({
      bin: newBin(),
      name: 'ТОО «Жаңа»',
      role: 'retailer',
      contact: CONTACT,
      ...ADDRESS,
      ...changes,
    }),
    events: async (bin: string): Promise<readonly { event: string; actor: string | null }[]> => {
      const { rows } = await db.query<{ event: string; actor: string | null }>(
        'select event, actor from participant_event where bin = $1 order by event_id',
        [bin],
      );
      return rows;
    },
    audited: async (subject: string): Promise<readonly { action: string; bin: string | null; details: object }[]> => {
      const { rows } = await db.query<{ action: string; bin: string | null; details: object }>(
        'select action, bin, details from audit where subject = $1 order by audit_id',
        [subject],
      );
      return rows;
    },
    close: () => store.drop(),
  };
}

export type Register = Awaited<ReturnType<typeof openRegister>>;

export function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof TanbaError && error.code === code;
}
