import assert from 'node:assert/strict';
import fc from 'fast-check';
import { whyNot } from '../../src/core/checks/till-check.ts';
import type { EffectiveState } from '../../src/core/lifecycle/effective-state.ts';
import { CODE_HOLDS, CODE_STATUSES } from '../../src/core/lifecycle/transitions.ts';
import { decide } from '../../src/core/receipts/decision-table.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { cisOf, orderCodes, startTestHub, submitDocument, type TestHub } from '../support/hub.ts';
import { demoReceipt } from '../support/receipts.ts';

const SHOES = '04870000100019';

describe('the till check', () => {
  let store: TestDatabase;
  let hub: TestHub;

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  const ask = (codes: readonly unknown[], as: 'retailer' | 'ofd' | 'authority' = 'retailer', more: object = {}) =>
    hub.call('POST', '/api/v1/till/check', { as, body: { codes, ...more }, headers: { 'accept-language': 'en' } });
  async function answersTo(...codes: readonly string[]) {
    const { status, body, text } = await ask(codes);
    assert.equal(status, 200, text);
    return body.codes;
  }
  async function inCirculation(count: number, dates: object = {}): Promise<string[]> {
    const codes = await orderCodes(hub, 'shoes', SHOES, count);
    for (const [kind, body] of [
      ['utilisation', { productionDate: '2026-01-10', ...dates }],
      ['introduction', { introductionType: 'PRODUCTION', date: '2026-01-11' }],
    ] as const) {
      const { status, errors } = await submitDocument(hub, kind, { codes, ...body });
      assert.equal(status, 'accepted', JSON.stringify(errors));
    }
    return codes;
  }

  it('says of goods in circulation that they may be sold, with an id and a time for the receipt', async () => {
    const [code = ''] = await inCirculation(1, { expiryDate: '2031-01-10' });
    const { body } = await ask([code]);
    assert.match(body.requestId, /^[0-9a-f-]{36}$/);
    assert.ok(Math.abs(new Date(body.at).getTime() - Date.now()) < 60_000);
    assert.deepEqual(body.codes, [
      {
        cis: cisOf(code),
        gtin: SHOES,
        found: true,
        valid: true,
        verified: true,
        sold: false,
        blocked: false,
        expired: false,
        expiryDate: '2031-01-10',
        realizable: true,
        reason: null,
        message: null,
      },
    ]);
  });

  it('answers each code by itself, in order', async () => {
    const [good = '', sold = ''] = await inCirculation(2);
    const [emitted = ''] = await orderCodes(hub, 'shoes', SHOES, 1);
    const pushed = await hub.call('POST', '/api/v1/receipts', { as: 'ofd', body: demoReceipt(hub, [sold]) });
    assert.equal(pushed.body.codes[0].outcome, 'sold');
    const forged = `${good.slice(0, -3)}${good.at(-3) === 'A' ? 'B' : 'A'}${good.slice(-2)}`;
    const unknown = `01${SHOES}21neverIssued01`;
    const otherGoods = '010487000099998121abcdefghijklm';
    const answers = await answersTo('no code', otherGoods, forged, unknown, emitted, sold, good);
    assert.deepEqual(
      answers.map(({ reason }: { reason: string }) => reason),
      ['malformed', 'malformed', 'forged', 'unknown', 'not_in_circulation', 'sold', null],
    );
  });

  it('tells of a forged code nothing that its copy would not', async () => {
    const [code = ''] = await inCirculation(1);
    const withTail = (serial: string) => code.replace(cisOf(code).slice(18), serial);
    const [existing] = await answersTo(`${code.slice(0, -3)}${code.at(-3) === 'A' ? 'B' : 'A'}${code.slice(-2)}`);
    const [missing] = await answersTo(withTail('neverIssued01'));
    assert.deepEqual({ ...existing, cis: '' }, { ...missing, cis: '' });
  });

  it('takes a code without its verification code, and says that it is not verified', async () => {
    const [code = ''] = await inCirculation(1);
    const [answer] = await answersTo(cisOf(code));
    assert.deepEqual([answer.verified, answer.realizable], [null, true]);
  });

  it('refuses goods past their expiry date, and goods that an authority has blocked', async () => {
    const [expired = ''] = await inCirculation(1, { expiryDate: '2026-02-01' });
    const [blocked = ''] = await inCirculation(1);
    await store.db.query(`update code set hold = 'blocked' where cis = $1`, [cisOf(blocked)]);
    const [first, second] = await answersTo(expired, blocked);
    assert.deepEqual([first.expired, first.reason], [true, 'expired']);
    assert.deepEqual([second.blocked, second.reason], [true, 'blocked']);
  });

  it('asks on behalf of a shop for its fiscal data operator only', async () => {
    const bin = hub.binOf('retailer');
    assert.equal((await ask(['no code'], 'ofd', { bin })).status, 200);
    assert.equal((await ask(['no code'], 'retailer', { bin: hub.binOf('wholesaler') })).status, 403);
    assert.equal((await ask(['no code'], 'authority')).status, 403);
  });

  it('answers 503 in time while the store does not answer', async () => {
    const [code = ''] = await inCirculation(1);
    const client = await store.db.pool.connect();
    try {
      await client.query('begin; lock table code in access exclusive mode');
      const began = performance.now();
      const { status, body, headers } = await ask([code]);
      assert.deepEqual([status, body.code, headers.get('retry-after')], [503, 'checks.till_too_slow', '1']);
      assert.ok(performance.now() - began < 1_500);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  const BAD: readonly (readonly [string, readonly unknown[]])[] = [
    ['no codes', []],
    ['101 codes', Array.from({ length: 101 }, () => 'x')],
    ['an empty code', ['']],
    ['a code of 600 characters', ['x'.repeat(600)]],
    ['a number', [5]],
    ['a list in a list', [['x']]],
  ];
  for (const [what, codes] of BAD) {
    it(`refuses ${what}`, async () => {
      const { status, body } = await ask(codes);
      assert.equal(status, 400);
      assert.match(body.code, /^request\./);
    });
  }

  it('takes a mark with characters that nothing could store for no code', async () => {
    const [answer] = await answersTo('a\u0000b\ud800');
    assert.equal(answer.reason, 'malformed');
  });
});

describe('what a till is told', () => {
  it('is what the receipt does: it may sell exactly what would be sold, unheld and in time', () => {
    const state: fc.Arbitrary<EffectiveState> = fc.record({
      status: fc.constantFrom(...CODE_STATUSES),
      hold: fc.constantFrom(...CODE_HOLDS),
      owner: fc.constantFrom('seller', 'other', null),
      reason: fc.constantFrom('RETAIL', 'EXPORT', null),
      root: fc.constant(null),
    });
    fc.assert(
      fc.property(fc.option(state), fc.boolean(), fc.boolean(), (code, refuseOtherOwner, expired) => {
        const { effect } = decide('sale', code, 'seller', refuseOtherOwner);
        const reason = whyNot({ state: code, seller: 'seller', refuseOtherOwner, expired });
        assert.equal(reason === null, effect === 'sell' && code?.hold === 'none' && !expired);
      }),
    );
  });
});
