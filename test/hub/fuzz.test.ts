import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes, sscc } from '../support/goods.ts';
import type { Answer, Call, TestHub } from '../support/hub.ts';
import { demoGoods, orderCodes, startTestHub } from '../support/hub.ts';
import { demoReceipt } from '../support/receipts.ts';

const RUNS = 150;
const NDJSON = 'application/x-ndjson';
/** An answer that takes longer is a hang. */
const ANSWER_MS = 10_000;

/** A path to some place of a JSON value, chosen by numbers. */
type Turns = readonly number[];

/** The value with something else in one of its places; which one is decided by the turns taken on the way down. */
function changedAt(value: unknown, [turn, ...further]: Turns, instead: unknown): unknown {
  if (turn === undefined || typeof value !== 'object' || value === null) return instead;
  if (Array.isArray(value)) {
    const at = value.length === 0 ? 0 : turn % value.length;
    return value.length === 0 ? [instead] : value.with(at, changedAt(value[at], further, instead));
  }
  const names = Object.keys(value);
  const name = names[turn % (names.length + 1)] ?? 'extra';
  return { ...value, [name]: changedAt(Reflect.get(value, name), further, instead) };
}

const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    '',
    '\u0000',
    '\ud800',
    '\u202e',
    -0,
    1e308,
    -1,
    2 ** 53,
    null,
    [],
    {},
    { toString: null },
    '9999-12-31',
  ),
  fc.string({ unit: 'binary', maxLength: 600 }),
);
const turns = fc.array(fc.nat(7), { minLength: 1, maxLength: 5 });

describe('whatever comes in', () => {
  let store: TestDatabase;
  let hub: TestHub;
  let code = '';
  let cis = '';

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url, limits: { checkFailuresPerMinute: 1_000_000 } });
    [code = ''] = await orderCodes(hub, 'shoes', '04870000100019', 1);
    [cis = ''] = await emitCodes(store.db, 1, { ...demoGoods(hub), owner: hub.binOf('manufacturer') });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  async function answered(path: string, call: Call): Promise<Answer> {
    const answer = await hub.call('POST', path, { ...call, signal: AbortSignal.timeout(ANSWER_MS) });
    assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
    for (const line of answer.text.split('\n')) assert.ok(!line.includes('"httpStatus":5'), line);
    return answer;
  }

  async function fuzz<T>(what: fc.Arbitrary<T>, check: (value: T) => Promise<unknown>): Promise<void> {
    await fc.assert(
      fc.asyncProperty(what, async (value) => void (await check(value))),
      { numRuns: RUNS },
    );
  }

  const documents = () => [
    {
      kind: 'utilisation',
      body: { codes: [cis, code], productionDate: '2026-01-10', expiryDate: '2027-01-10', batch: 'A' },
    },
    {
      kind: 'introduction',
      body: {
        codes: [cis],
        introductionType: 'IMPORT',
        date: '2026-01-10',
        customsDeclaration: { number: '1', date: '2026-01-09' },
      },
    },
    { kind: 'aggregation', body: { sscc: sscc(8_001), codes: [cis] } },
    { kind: 'disaggregation', body: { sscc: sscc(8_001) } },
    { kind: 'withdrawal', body: { codes: [cis], reason: 'EXPORT', date: '2026-01-10' } },
    { kind: 'return', body: { codes: [cis], reason: 'REMOTE_SALE_RETURN', date: '2026-01-10' } },
    { kind: 'write_off', body: { codes: [`${cis}x`], reason: 'LOST', date: '2026-01-10' } },
  ];

  const mutated = fc.record({ which: fc.nat(6), turns, instead: strange });
  const as = 'manufacturer';
  const headers = { prefer: 'wait=30' };

  /** A document that was received comes to a final state that is an answer to its sender. */
  function decided({ status, body, text }: Answer): void {
    if (status === 200 && body?.documentId !== undefined) assert.match(body.status, /^(accepted|rejected)$/, text);
  }

  it('any JSON as a document is answered', async function () {
    this.timeout(60_000);
    await fuzz(fc.json(), async (body) => decided(await answered('/api/v1/documents', { as, headers, body })));
  });

  it('a document with anything in any of its places is answered', async function () {
    this.timeout(60_000);
    await fuzz(mutated, async ({ which, turns: path, instead }) => {
      const body = changedAt(documents()[which], path, instead) ?? null;
      decided(await answered('/api/v1/documents', { as, headers, body: JSON.stringify(body) }));
    });
  });

  it('any lines as a stream document are answered', async function () {
    this.timeout(60_000);
    const header = JSON.stringify({ kind: 'write_off', body: { reason: 'LOST' } });
    const line = fc.oneof(fc.json(), fc.string(), fc.constantFrom('', '"a"', header, '\ufeff""'));
    await fuzz(fc.tuple(fc.boolean(), fc.array(line, { maxLength: 6 })), async ([headed, lines]) => {
      const body = [...(headed ? [header] : []), ...lines].join('\n');
      decided(await answered('/api/v1/documents', { as, headers, body, type: NDJSON }));
    });
  });

  it('any JSON as a receipt is answered', async function () {
    this.timeout(60_000);
    await fuzz(fc.json(), (body) => answered('/api/v1/receipts', { as: 'ofd', body }));
  });

  it('a receipt with anything in any of its places is answered, alone, in an array and in a stream', async function () {
    this.timeout(90_000);
    await fuzz(fc.record({ turns, instead: strange }), async ({ turns: path, instead }) => {
      const receipt = {
        ...demoReceipt(hub, [cis, code]),
        items: [{ marks: [cis], gtin: '04870000100019', quantity: 1, price: 1, sum: 1 }],
      };
      const body = JSON.stringify(changedAt(receipt, path, instead) ?? null);
      await answered('/api/v1/receipts', { as: 'ofd', body });
      await answered('/api/v1/receipts', { as: 'ofd', body: `[${body}]` });
      await answered('/api/v1/receipts', { as: 'ofd', body, type: NDJSON });
    });
  });

  it('any bytes are answered, wherever they are sent', async function () {
    this.timeout(60_000);
    const paths = [
      '/api/v1/documents',
      '/api/v1/receipts',
      '/api/v1/codes/query',
      '/api/public/check',
      '/api/v1/orders',
    ];
    const types = ['application/json', NDJSON];
    const sent = fc.record({
      path: fc.constantFrom(...paths),
      type: fc.constantFrom(...types),
      bytes: fc.uint8Array({ maxLength: 200 }),
    });
    await fuzz(sent, ({ path, type, bytes }) =>
      answered(path, { as: path.endsWith('receipts') ? 'ofd' : as, body: bytes, type, headers }),
    );
  });

  it('any text as a code of the public check is answered with a verdict', async function () {
    this.timeout(60_000);
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .record({ at: fc.nat(200), with: fc.string({ maxLength: 3 }) })
        .map((cut) => code.slice(0, cut.at) + cut.with + code.slice(cut.at + 1)),
    );
    await fuzz(text, async (tried) => {
      const { status, body } = await answered('/api/public/check', { body: { code: tried } });
      if (status === 200) assert.equal(typeof body.verdict, 'string');
    });
  });

  it('any text as a code of a query is answered', async function () {
    this.timeout(60_000);
    await fuzz(
      fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }), { minLength: 1, maxLength: 5 }),
      async (codes) => {
        const { status, body } = await answered('/api/v1/codes/query', { as, body: { codes } });
        if (status === 200) assert.equal(body.codes.length + body.unknown.length, codes.length);
      },
    );
  });
});
