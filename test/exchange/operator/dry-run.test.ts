import assert from 'node:assert/strict';
import Type from 'typebox';
import type { Adapter } from '../../../src/exchange/adapter.ts';
import type { OperatorDesk } from '../../../src/exchange/operator/desk.ts';
import type { KnownPartner } from '../../../src/exchange/partner-directory.ts';
import { effectivePolicy } from '../../../src/exchange/policy/policy.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { scriptedAdapter } from '../support.ts';
import { forgetDeliveries, makeDelivery, openDesk, refuses } from './support.ts';

const START = new Date('2026-11-24T06:00:00Z');
const RANGE = { from: START, to: new Date('2026-11-25T06:00:00Z'), limit: 1_000 };

describe('a dry run of other settings', () => {
  let database: TestDatabase;
  let desk: OperatorDesk;

  /** Sends one field of the data, and fails where it is not there. */
  const adapter: Adapter = {
    ...scriptedAdapter(),
    settings: Type.Object({ field: Type.String() }, { additionalProperties: false }),
    render: ({ body, partner }, settings) => {
      const value: unknown = JSON.parse(body.toString()).data[String(settings['field'])];
      if (value === undefined) throw new Error(`no field for 180540001239 of ${partner.partnerId}`);
      return Buffer.from(JSON.stringify(value));
    },
  };
  const partner = {
    partnerId: 'one',
    adapter: 'scripted',
    bin: null,
    name: 'One',
    topics: ['*'],
    settings: { field: 'a' },
    policy: {},
    switchedOff: false,
  };
  const known: KnownPartner = { partner, adapter, policy: effectivePolicy({}, {}) };

  before(async () => {
    database = await createTestDatabase();
    const directory = { find: (partnerId: string) => (partnerId === 'one' ? known : undefined) };
    desk = openDesk({ db: database.db, adapters: [adapter], directory });
  });
  after(() => database.drop());
  beforeEach(() => forgetDeliveries(database.db));

  const past = (data: object | null, minute = 0) =>
    makeDelivery(database.db, {
      body: data === null ? null : Buffer.from(JSON.stringify({ data })),
      createdAt: new Date(START.getTime() + minute * 60_000),
    });

  it('counts what stays, what changes, what cannot be made and what is gone', async () => {
    await past({ a: 1, b: 1 });
    const different = await past({ a: 1, b: '180540001239' }, 1);
    const failed = await past({ a: 1 }, 2);
    await past(null, 3);
    const present = await past({ b: 5 }, 4);
    const { differences, failures, ...counts } = await desk.partners.dryRun('one', { field: 'b' }, RANGE);
    assert.deepEqual(counts, { same: 1, different: 2, failed: 1, bodyErased: 1 });
    assert.deepEqual(differences, [
      { messageId: present.messageId, present: '', proposed: '5' },
      { messageId: different.messageId, present: '1', proposed: '"********1239"' },
    ]);
    assert.deepEqual(failures, [{ messageId: failed.messageId, message: 'no field for ********1239 of one' }]);
  });

  it('shows ten samples of each at most, none of them long', async () => {
    for (let minute = 0; minute < 12; minute += 1) await past({ a: 'x'.repeat(5_000), b: 'y'.repeat(5_000) }, minute);
    const { different, differences } = await desk.partners.dryRun('one', { field: 'b' }, RANGE);
    assert.equal(different, 12);
    assert.equal(differences.length, 10);
    for (const { present, proposed } of differences) {
      assert.ok(Buffer.byteLength(present) < 2_100 && Buffer.byteLength(proposed) < 2_100);
    }
  });

  it('keeps to the range and the number that are asked for, the newest first', async () => {
    for (let minute = 0; minute < 60; minute += 1) await past({ a: 1, b: minute }, minute);
    const range = {
      from: new Date(START.getTime() + 10 * 60_000),
      to: new Date(START.getTime() + 59 * 60_000),
      limit: 3,
    };
    const { differences } = await desk.partners.dryRun('one', { field: 'b' }, range);
    assert.deepEqual(
      differences.map(({ proposed }) => proposed),
      ['58', '57', '56'],
    );
    assert.equal((await desk.partners.dryRun('one', { field: 'a' }, RANGE)).same, 60);
  });

  it('refuses settings that do not match, and partners that there are not', async () => {
    const { db } = database;
    const refusal = await refuses(db, 'request.invalid', () => desk.partners.dryRun('one', { field: 1 }, RANGE));
    assert.equal(refusal.options.problems?.[0]?.path, '/settings/field');
    await refuses(db, 'exchange.partner_unknown', () => desk.partners.dryRun('two', { field: 'a' }, RANGE));
  });
});
