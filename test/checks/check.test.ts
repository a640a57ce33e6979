import assert from 'node:assert/strict';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { sscc } from '../support/goods.ts';
import type { Answer, TestHub } from '../support/hub.ts';
import { cisOf, orderCodes, startTestHub, submitDocument } from '../support/hub.ts';

const SHOES = '04870000100019';
const SHIRT = '04870000100026';
const CIGARETTES = '04870000100033';
const IMPORTED_SHOES = '04870000101016';
const PALLET = sscc(6_001);
const GS = '\u001d';
const FAILURES_PER_MINUTE = 40;
const FAILURES_PER_CODE = 5;

describe('the public check', () => {
  let store: TestDatabase;
  let hub: TestHub;

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url, limits: { checkFailuresPerMinute: 1_000 } });
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  const check = (code: string, headers: Record<string, string> = {}): Promise<Answer> =>
    hub.call('POST', '/api/public/check', { body: { code }, headers });

  async function verdictOf(code: string): Promise<string> {
    const { status, body, text } = await check(code);
    assert.equal(status, 200, text);
    return body.verdict;
  }

  const ordered = (count: number): Promise<string[]> => orderCodes(hub, 'shoes', SHOES, count);

  async function accepted(kind: string, body: object, as?: Parameters<typeof submitDocument>[3]): Promise<void> {
    const document = await submitDocument(hub, kind, body, as);
    assert.equal(document.status, 'accepted', JSON.stringify(document.errors));
  }

  async function inCirculation(count: number): Promise<string[]> {
    const codes = await ordered(count);
    await accepted('utilisation', { codes, productionDate: '2026-01-10', expiryDate: '2031-01-10' });
    await accepted('introduction', { codes, introductionType: 'PRODUCTION', date: '2026-01-11' });
    return codes;
  }

  async function sell(code: string): Promise<void> {
    const receipt = {
      fiscalSign: `f${Date.now()}`,
      registerId: 'r1',
      bin: hub.binOf('retailer'),
      at: '2026-03-01T12:00:00+05:00',
      operation: 'sale',
      items: [{ marks: [code], quantity: 1, price: 100, sum: 100 }],
    };
    const { body } = await hub.call('POST', '/api/v1/receipts', { as: 'ofd', body: receipt });
    assert.equal(body.codes[0].outcome, 'sold');
  }

  /** The same code with a tail that nobody made, of the right length. */
  function withWrongTail(code: string): string {
    const last = code.charAt(code.length - 3);
    return `${code.slice(0, -3)}${last === 'A' ? 'B' : 'A'}${code.slice(-2)}`;
  }

  describe('says', () => {
    it('not_in_circulation of goods that are only ordered or only made', async () => {
      const [emitted = '', applied = ''] = await ordered(2);
      await accepted('utilisation', { codes: [applied], productionDate: '2026-01-10' });
      assert.deepEqual(
        [await verdictOf(emitted), await verdictOf(applied)],
        ['not_in_circulation', 'not_in_circulation'],
      );
    });

    it('genuine of goods in circulation, with name, manufacturer and dates', async () => {
      const [code = ''] = await inCirculation(1);
      const { body } = await check(code, { 'accept-language': 'en' });
      assert.equal(body.verdict, 'genuine');
      assert.deepEqual(
        [body.tradeName, body.manufacturer, body.productionDate, body.expiryDate],
        ['Leather boots "Dala", size 42', 'Alatau Onim LLP', '2026-01-10', '2031-01-10'],
      );
    });

    it('sold of goods that a till sold', async () => {
      const [code = ''] = await inCirculation(1);
      await sell(code);
      assert.equal(await verdictOf(code), 'sold');
    });

    it('withdrawn of goods that left circulation another way', async () => {
      const [exported = '', lost = ''] = await inCirculation(2);
      await accepted('withdrawal', { codes: [exported], reason: 'EXPORT', date: '2026-03-01' });
      await accepted('write_off', { codes: [lost], reason: 'LOST' });
      assert.deepEqual([await verdictOf(exported), await verdictOf(lost)], ['withdrawn', 'withdrawn']);
    });

    it('forged of a wrong tail, whether the code exists or not, in the same words', async () => {
      const [code = ''] = await inCirculation(1);
      const existing = withWrongTail(code);
      const missing = existing.replace(cisOf(code).slice(-4), 'zzzz');
      assert.notEqual(missing, existing);
      const [one, other] = [(await check(existing)).body, (await check(missing)).body];
      assert.equal(one.verdict, 'forged');
      assert.deepEqual({ ...other, cis: one.cis }, one);
    });

    it('unverified without a tail, the same for codes that exist and codes that do not', async () => {
      const [code = ''] = await inCirculation(1);
      const existing = cisOf(code);
      const missing = `${existing.slice(0, -4)}zzzz`;
      const [one, other] = [(await check(existing)).body, (await check(missing)).body];
      assert.equal(one.verdict, 'unverified');
      assert.deepEqual({ ...other, cis: one.cis }, one);
      assert.equal(one.productionDate, null);
    });

    it('unknown of a right tail that was never issued, and alerts the operator once', async () => {
      const [code = ''] = await ordered(1);
      await store.db.query('delete from code where cis = $1', [cisOf(code)]);
      assert.deepEqual([await verdictOf(code), await verdictOf(code)], ['unknown', 'unknown']);
      const alerts = await store.db.query(
        `select 1 from alert where kind = 'right_tail_never_issued' and subject = $1`,
        [cisOf(code)],
      );
      assert.equal(alerts.rowCount, 1);
    });

    it('malformed of what is no code', async () => {
      for (const text of [
        '',
        'hello',
        '01',
        `01${SHOES.slice(0, -1)}021abc`,
        '\u0000',
        '💥'.repeat(100),
        `${GS}${GS}`,
      ]) {
        assert.equal(await verdictOf(text), 'malformed', JSON.stringify(text));
      }
    });

    it('importer and customs declaration of imported goods', async () => {
      const codes = await orderCodes(hub, 'shoes', IMPORTED_SHOES, 1, 'importer');
      await accepted('utilisation', { codes, productionDate: '2026-01-10' }, 'importer');
      const customsDeclaration = { number: '55301/010226/0001234', date: '2026-02-01' };
      const introduction = { codes, introductionType: 'IMPORT', date: '2026-02-02', customsDeclaration };
      await accepted('introduction', introduction, 'importer');
      const { body } = await check(codes[0] ?? '');
      assert.equal(body.verdict, 'genuine');
      assert.match(body.importer, /Каспий Импорт/);
      assert.deepEqual(body.customsDeclaration, customsDeclaration);
    });

    it('what has become of the package, for a unit inside', async () => {
      const codes = await inCirculation(2);
      await accepted('aggregation', { sscc: PALLET, codes });
      assert.equal(await verdictOf(codes[0] ?? ''), 'genuine');
      await accepted('withdrawal', { codes: [`00${PALLET}`], reason: 'EXPORT', date: '2026-03-01' });
      assert.equal(await verdictOf(codes[0] ?? ''), 'withdrawn');
    });
  });

  it('reads a code in every form that scanners emit', async () => {
    const [code = ''] = await inCirculation(1);
    const [cis = '', keyId = '', tail = ''] = code.split(GS);
    const serial = cis.slice(18);
    const [key, value] = [keyId.slice(2), tail.slice(2)];
    const link = `01/${SHOES}/21/${encodeURIComponent(serial)}?91=${encodeURIComponent(key)}&92=${encodeURIComponent(value)}`;
    const forms = {
      plain: code,
      'symbology identifier': `]d2${code}`,
      'GS1-128 identifier': `]C1${code}`,
      'leading FNC1': `${GS}${code}`,
      'FNC1 as è': `\u00e8${code}`,
      'without separators': code.replaceAll(GS, ''),
      'human readable': `(01)${SHOES}(21)${serial}(91)${key}(92)${value}`,
      'Digital Link': `https://id.gs1.org/${link}`,
      'Digital Link of another host': `https://tanba.example/some/path/${link}`,
    };
    for (const [form, text] of Object.entries(forms)) assert.equal(await verdictOf(text), 'genuine', form);
  });

  it('takes the code from the query as well', async () => {
    const [code = ''] = await inCirculation(1);
    const { body } = await hub.call('GET', `/api/public/check?code=${encodeURIComponent(code)}`);
    assert.equal(body.verdict, 'genuine');
  });

  it('needs a code', async () => {
    const { status, body } = await hub.call('GET', '/api/public/check');
    assert.deepEqual([status, body.code], [400, 'checks.code_missing']);
  });

  it('answers in Kazakh, Russian and English, and in Russian to anybody else', async () => {
    const [code = ''] = await inCirculation(1);
    const answers = await Promise.all(
      ['kk', 'ru', 'en', 'fr'].map(async (language) => {
        const { body, headers } = await check(code, { 'accept-language': language });
        return [headers.get('content-language'), body.tradeName, body.message];
      }),
    );
    assert.deepEqual(
      answers.map(([language]) => language),
      ['kk', 'ru', 'en', 'ru'],
    );
    assert.deepEqual(answers[3], answers[1]);
    assert.equal(new Set(answers.slice(0, 3).flat()).size, 9);
  });

  it('never tells whose the goods are', async () => {
    const [code = ''] = await inCirculation(1);
    await sell(code);
    for (const text of [code, cisOf(code), withWrongTail(code)]) {
      const answer = await check(text);
      for (const role of ['manufacturer', 'retailer', 'ofd'] as const) {
        const everything = answer.text + JSON.stringify([...answer.headers]);
        assert.ok(!everything.includes(hub.binOf(role)), `${role}: ${everything}`);
      }
    }
  });

  describe('slows guessing down', () => {
    let limited: TestHub;

    beforeEach(async function () {
      this.timeout(60_000);
      limited = await startTestHub({
        databaseUrl: store.url,
        dataFolder: hub.dataFolder,
        limits: { checkFailuresPerMinute: FAILURES_PER_MINUTE, checkFailuresPerCisPerHour: FAILURES_PER_CODE },
      });
    });
    afterEach(() => limited.stop());

    const tryTail = (code: string): Promise<Answer> => limited.call('POST', '/api/public/check', { body: { code } });

    it('per source, and says how long to wait', async () => {
      const [code = ''] = await orderCodes(hub, 'lp', SHIRT, 1);
      const wrong = withWrongTail(code);
      for (let failure = 0; failure < FAILURES_PER_MINUTE; failure++) {
        assert.equal((await tryTail(wrong)).body.verdict, 'forged');
      }
      const { status, body, headers } = await tryTail(wrong);
      assert.deepEqual([status, body.code], [429, 'checks.too_many_failures']);
      const wait = Number(headers.get('retry-after'));
      assert.ok(wait >= 1 && wait <= 60, `Retry-After: ${wait}`);
      assert.equal((await tryTail(cisOf(code))).body.verdict, 'unverified');
    });

    it('per code where the tail has four characters, whichever source asks', async () => {
      const [code = '', other = ''] = await orderCodes(hub, 'tobacco', CIGARETTES, 2);
      for (let failure = 0; failure < FAILURES_PER_CODE; failure++) {
        assert.equal((await tryTail(withWrongTail(code))).body.verdict, 'forged');
      }
      const { status, body } = await tryTail(withWrongTail(code));
      assert.deepEqual([status, body.code], [429, 'checks.too_many_failures']);
      assert.equal((await tryTail(other)).body.verdict, 'not_in_circulation');
    });
  });
});
