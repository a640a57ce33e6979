import assert from 'node:assert/strict';
import type { Role } from '../../src/access/permissions.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Answer, TestHub } from '../support/hub.ts';
import { startTestHub } from '../support/hub.ts';
import { CONTACT } from './desk.ts';
import { binsFrom } from './numbers.ts';

export const BASE = '/api/v1/participants';
export const APPLICATIONS = `${BASE}/applications`;
export const SECRET = 'tanba-application-secret';
export const REASON = { reason: 'The licence has ended' };
export const PLACE = { name: '№ 1 дүкен', kind: 'retail', kato: '750000000', address: 'Алматы, Абай 10' };

export interface ParticipantsHub {
  readonly store: TestDatabase;
  readonly hub: TestHub;
  readonly newBin: () => string;
  readonly application: (changes?: object) => { readonly bin: string };
  readonly apply: (body: unknown) => Promise<Answer>;
  /** An application that waits. */
  applied(): Promise<Applied>;
  /** Registered by application, with a key of its own. */
  registered(): Promise<Omit<Applied, 'made'> & { readonly key: { readonly headers: Record<string, string> } }>;
  readonly suspend: (bin: string, as?: Role) => Promise<Answer>;
  stop(): Promise<void>;
}

interface Applied {
  readonly bin: string;
  /** Its path. */
  readonly at: string;
  readonly secret: string;
  /** With the secret. */
  readonly headers: Record<string, string>;
  readonly made: Answer;
}

/** A hub as applicants, participants and the operator use it, on a store of its own. */
export async function startParticipantsHub(applicationsPerSourcePerHour = 10_000): Promise<ParticipantsHub> {
  const store = await createTestDatabase();
  const hub = await startTestHub({
    databaseUrl: store.url,
    limits: { applicationsPerSourcePerHour },
    env: { OFD_PORT: '0' },
  });
  const newBin = binsFrom(1);
  const application = (changes: object = {}) => ({
    bin: newBin(),
    name: 'ТОО «Жаңа»',
    role: 'retailer',
    legalAddress: 'Астана, Мәңгілік Ел 1',
    kato: '710000000',
    contact: CONTACT,
    ...changes,
  });
  const apply = (body: unknown) => hub.call('POST', APPLICATIONS, { body });

  async function applied(): Promise<Applied> {
    const body = application();
    const made = await apply(body);
    assert.equal(made.status, 201, made.text);
    const { applicationId, secret }: { applicationId: string; secret: string } = made.body;
    return { bin: body.bin, at: `${APPLICATIONS}/${applicationId}`, secret, headers: { [SECRET]: secret }, made };
  }

  return {
    store,
    hub,
    newBin,
    application,
    apply,
    applied,
    registered: async () => {
      const { bin, at, secret, headers } = await applied();
      assert.equal((await hub.call('POST', `${at}/approve`, { as: 'operator' })).status, 200);
      const { body, status } = await hub.call('POST', `${at}/key`, { headers });
      assert.equal(status, 201);
      return { bin, at, secret, headers, key: { headers: { authorization: `Bearer ${body.apiKey}` } } };
    },
    suspend: (bin, as = 'operator') => hub.call('POST', `${BASE}/${bin}/suspend`, { as, body: REASON }),
    stop: async () => {
      await hub.stop();
      await store.drop();
    },
  };
}

export function told({ status, body }: Answer): readonly [number, string] {
  return [status, body.code];
}
