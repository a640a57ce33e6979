import assert from 'node:assert/strict';
import { emitCodes, MANUFACTURER, RETAILER, sscc } from '../support/goods.ts';
import type { RefusalDesk } from '../support/refusals.ts';
import { openRefusalDesk } from '../support/refusals.ts';

const CODES_MAX = 50;
const PRODUCED = { productionDate: '2026-01-10' };
const INTRODUCED = { introductionType: 'PRODUCTION', date: '2026-01-11' };
const WITHDRAWN = { reason: 'EXPORT', date: '2026-03-01' };

describe('a document that is refused', () => {
  let desk: RefusalDesk;

  before(async () => {
    desk = await openRefusalDesk(CODES_MAX);
  });
  after(() => desk.close());

  describe('by its codes', () => {
    it('for a code that it names twice, at the second place', async () => {
      const [one = '', two = ''] = await emitCodes(desk.store.db, 2);
      const told = await desk.refusal('utilisation', { codes: [one, two, one], ...PRODUCED });
      assert.deepEqual(told, [{ code: 'documents.code_repeated', path: '/body/codes/2', cis: one }]);
    });

    it('for a code named twice in two spellings', async () => {
      const [one = ''] = await emitCodes(desk.store.db, 1);
      const spelled = `]d2${one}`;
      const told = await desk.refusal('utilisation', { codes: [one, spelled], ...PRODUCED });
      assert.deepEqual(told, [{ code: 'documents.code_repeated', path: '/body/codes/1', cis: one }]);
    });

    it('for another participant’s code, saying nothing more about it', async () => {
      const [own = ''] = await emitCodes(desk.store.db, 1);
      const [foreign = ''] = await emitCodes(desk.store.db, 1, { owner: RETAILER, status: 'withdrawn' });
      const told = await desk.refusal('utilisation', { codes: [own, foreign], ...PRODUCED });
      assert.deepEqual(told, [{ code: 'documents.not_owner', path: '/body/codes/1', cis: foreign }]);
    });

    it('for a code that was never issued', async () => {
      const [own = ''] = await emitCodes(desk.store.db, 1);
      const unknown = `${own.slice(0, -3)}zzz`;
      const told = await desk.refusal('utilisation', { codes: [unknown, own], ...PRODUCED });
      assert.deepEqual(told, [{ code: 'documents.code_not_found', path: '/body/codes/0', cis: unknown }]);
    });

    it('for a text that is no marking code', async () => {
      const told = await desk.refusal('utilisation', { codes: [`01${'4'.repeat(14)}21x`], ...PRODUCED });
      assert.deepEqual(
        told.map(({ path }) => path),
        ['/body/codes/0'],
      );
      assert.match(told[0]?.code ?? '', /^code\./);
    });

    it('for codes that no store can keep as text', async () => {
      const told = await desk.refusal('utilisation', { codes: ['a\0b', `${'x'.repeat(63)}💥`], ...PRODUCED });
      assert.deepEqual(
        told.map(({ path, cis }) => [path, cis]),
        [
          ['/body/codes/0', 'a\ufffdb'],
          ['/body/codes/1', `${'x'.repeat(63)}\ufffd`],
        ],
      );
    });

    it('for a code that has left circulation', async () => {
      const [cis = ''] = await desk.introduced(1);
      await desk.circulation.submit('withdrawal', { codes: [cis], ...WITHDRAWN });
      const told = await desk.refusal('withdrawal', { codes: [cis], ...WITHDRAWN });
      assert.deepEqual(told, [{ code: 'documents.wrong_status', path: '/body/codes/0', cis }]);
    });

    it('for an introduction before the application report', async () => {
      const [cis = ''] = await emitCodes(desk.store.db, 1);
      const told = await desk.refusal('introduction', { codes: [cis], ...INTRODUCED });
      assert.deepEqual(told, [{ code: 'documents.wrong_status', path: '/body/codes/0', cis }]);
    });

    it('for a withdrawal before the introduction', async () => {
      const [cis = ''] = await emitCodes(desk.store.db, 1);
      const told = await desk.refusal('withdrawal', { codes: [cis], ...WITHDRAWN });
      assert.deepEqual(told, [{ code: 'documents.wrong_status', path: '/body/codes/0', cis }]);
    });

    it('for the return of a written-off code, which is final', async () => {
      const [cis = ''] = await emitCodes(desk.store.db, 1);
      await desk.circulation.submit('write_off', { codes: [cis], reason: 'DESTROYED' });
      const told = await desk.refusal('return', { codes: [cis] });
      assert.deepEqual(told, [{ code: 'documents.wrong_status', path: '/body/codes/0', cis }]);
    });

    it('for the application of a code that is in a package', async () => {
      const [cis = ''] = await desk.introduced(1);
      await desk.packed([cis]);
      const told = await desk.refusal('utilisation', { codes: [cis], ...PRODUCED });
      assert.deepEqual(told, [{ code: 'documents.wrong_status', path: '/body/codes/0', cis }]);
    });

    it('for a code on hold', async () => {
      const [cis = ''] = await desk.introduced(1);
      await desk.store.db.query(`update code set hold = 'blocked' where cis = $1`, [cis]);
      const told = await desk.refusal('withdrawal', { codes: [cis], ...WITHDRAWN });
      assert.deepEqual(told, [{ code: 'documents.on_hold', path: '/body/codes/0', cis }]);
    });

    it('for the application of a package, which no order issues', async () => {
      const box = await desk.packed(await desk.introduced(1));
      const told = await desk.refusal('utilisation', { codes: [`00${box}`], ...PRODUCED });
      assert.deepEqual(told, [{ code: 'documents.wrong_type', path: '/body/codes/0', cis: `00${box}` }]);
    });

    it('with every code at fault listed in the order of the document', async () => {
      const [first = '', last = ''] = await emitCodes(desk.store.db, 2);
      const [foreign = ''] = await emitCodes(desk.store.db, 1, { owner: RETAILER });
      const unknown = `${first.slice(0, -3)}zzz`;
      const told = await desk.refusal('utilisation', { codes: [first, foreign, unknown, last, first], ...PRODUCED });
      assert.deepEqual(
        told.map(({ code, path }) => [code, path]),
        [
          ['documents.not_owner', '/body/codes/1'],
          ['documents.code_not_found', '/body/codes/2'],
          ['documents.code_repeated', '/body/codes/4'],
        ],
      );
    });
  });

  describe('by its dates', () => {
    it('for a production date in the future', async () => {
      const codes = await emitCodes(desk.store.db, 1);
      const told = await desk.refusal('utilisation', { codes, productionDate: '2026-11-25' });
      assert.deepEqual(told, [{ code: 'documents.date_in_future', path: '/body/productionDate', cis: undefined }]);
    });

    it('for a future date whose zone is written in the short form', async () => {
      const codes = await emitCodes(desk.store.db, 1);
      const told = await desk.refusal('utilisation', { codes, productionDate: '2099-01-01T00:00:00+05' });
      assert.deepEqual(
        told.map(({ path }) => path),
        ['/body/productionDate'],
      );
    });

    it('for an expiry before the production', async () => {
      const codes = await emitCodes(desk.store.db, 1);
      const body = { codes, productionDate: '2026-01-10', expiryDate: '2026-01-09' };
      const told = await desk.refusal('utilisation', body);
      assert.deepEqual(told, [
        { code: 'documents.expiry_before_production', path: '/body/expiryDate', cis: undefined },
      ]);
    });

    it('for a day that no calendar has', async () => {
      const codes = await emitCodes(desk.store.db, 1);
      const told = await desk.refusal('utilisation', { codes, productionDate: '2026-02-30' });
      assert.deepEqual(told, [{ code: 'documents.invalid', path: '/body/productionDate', cis: undefined }]);
    });

    it('for an import without its customs declaration', async () => {
      const codes = await emitCodes(desk.store.db, 1);
      await desk.circulation.submit('utilisation', { codes, ...PRODUCED });
      const told = await desk.refusal('introduction', { codes, introductionType: 'IMPORT', date: '2026-02-01' });
      assert.deepEqual(told, [
        { code: 'documents.customs_declaration_missing', path: '/body/customsDeclaration', cis: undefined },
      ]);
    });

    it('for a customs declaration of the future', async () => {
      const codes = await emitCodes(desk.store.db, 1);
      await desk.circulation.submit('utilisation', { codes, ...PRODUCED });
      const customsDeclaration = { number: '1', date: '2027-01-01' };
      const told = await desk.refusal('introduction', {
        codes,
        introductionType: 'IMPORT',
        date: '2026-02-01',
        customsDeclaration,
      });
      assert.deepEqual(told, [
        { code: 'documents.date_in_future', path: '/body/customsDeclaration/date', cis: undefined },
      ]);
    });
  });

  describe('by its form', () => {
    const forms: readonly (readonly [string, string, unknown, string, string])[] = [
      ['an unknown kind', 'gift', {}, 'documents.unknown_kind', '/kind'],
      ['no codes', 'utilisation', { codes: [], ...PRODUCED }, 'documents.no_codes', '/body/codes'],
      ['a list of codes that is missing', 'utilisation', PRODUCED, 'documents.invalid', '/body/codes'],
      ['codes that are no list', 'utilisation', { codes: 'x', ...PRODUCED }, 'documents.invalid', '/body/codes'],
      [
        'a code that is no text',
        'utilisation',
        { codes: ['x', 7], ...PRODUCED },
        'documents.code_malformed',
        '/body/codes/1',
      ],
      ['an empty code', 'utilisation', { codes: [''], ...PRODUCED }, 'documents.code_malformed', '/body/codes/0'],
      [
        'a code of 513 characters',
        'utilisation',
        { codes: ['x'.repeat(513)], ...PRODUCED },
        'documents.code_malformed',
        '/body/codes/0',
      ],
      [
        'a property that nobody knows',
        'utilisation',
        { codes: ['x'], ...PRODUCED, colour: 'red' },
        'documents.invalid',
        '/body/colour',
      ],
      [
        'a production date that is missing',
        'utilisation',
        { codes: ['x'] },
        'documents.invalid',
        '/body/productionDate',
      ],
      [
        'a production date that is a number',
        'utilisation',
        { codes: ['x'], productionDate: 20260110 },
        'documents.invalid',
        '/body/productionDate',
      ],
      [
        'a batch with a NUL',
        'utilisation',
        { codes: ['x'], ...PRODUCED, batch: 'a\0b' },
        'documents.invalid',
        '/body/batch',
      ],
      [
        'a batch with half a character',
        'utilisation',
        { codes: ['x'], ...PRODUCED, batch: 'a\ud800' },
        'documents.invalid',
        '/body/batch',
      ],
      [
        'a reason that only a till may give',
        'withdrawal',
        { codes: ['x'], reason: 'RETAIL', date: '2026-01-01' },
        'documents.invalid',
        '/body/reason',
      ],
      [
        'codes in a disaggregation',
        'disaggregation',
        { sscc: sscc(9), codes: ['x'] },
        'documents.invalid',
        '/body/codes',
      ],
      ['a body that is a list', 'utilisation', [], 'documents.invalid', '/body'],
      ['a body that is nothing', 'utilisation', null, 'documents.invalid', '/body'],
    ];
    for (const [what, kind, body, code, path] of forms) {
      it(`for ${what}`, async () => {
        assert.deepEqual(await desk.refusal(kind, body), [{ code, path, cis: undefined }]);
      });
    }

    it('for more codes than the published limit', async () => {
      const codes = Array.from({ length: CODES_MAX + 1 }, (_, index) => `x${index}`);
      const told = await desk.refusal('utilisation', { codes, ...PRODUCED });
      assert.deepEqual(told, [{ code: 'documents.too_many_codes', path: '/body/codes', cis: undefined }]);
    });

    it('for a property beside kind and body', async () => {
      const value = {
        kind: 'utilisation',
        body: { codes: await emitCodes(desk.store.db, 1), ...PRODUCED },
        comment: 'x',
      };
      const raw = Buffer.from(JSON.stringify(value));
      const sender = { bin: MANUFACTURER, role: 'manufacturer', ip: '127.0.0.1', idempotencyKey: undefined } as const;
      await assert.rejects(desk.circulation.intake.acceptJson(sender, value, raw), { code: 'documents.invalid' });
    });

    it('leaves no document behind', async () => {
      const before = await desk.store.db.query('select 1 from document');
      await desk.refusal('gift', {});
      assert.equal((await desk.store.db.query('select 1 from document')).rowCount, before.rowCount);
    });
  });
});
