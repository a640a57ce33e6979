import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DocumentKind } from '../../src/core/documents/kinds.ts';
import type { State } from '../lifecycle/model.ts';
import { fold, readHistory, readStates } from '../lifecycle/model.ts';
import { AUTHORITY, emitCodes, MANUFACTURER, ssccsFrom } from '../support/goods.ts';
import type { Paperwork } from '../support/paperwork.ts';
import { openPaperwork } from '../support/paperwork.ts';

const UNITS = 6;
const BOXES = 2;
const RUNS = 25;

const things = fc.uniqueArray(fc.nat(UNITS + BOXES - 1), { minLength: 1, maxLength: 3 });
const units = fc.uniqueArray(fc.nat(UNITS - 1), { minLength: 2, maxLength: 2 });

const HEADERS = {
  utilisation: { productionDate: '2026-01-10' },
  introduction: { introductionType: 'PRODUCTION', date: '2026-01-11' },
  withdrawal: { reason: 'DEFECT', date: '2026-03-01' },
  return: {},
  write_off: { reason: 'SPOILED' },
} as const;
const GROUND = { ground: { kind: 'order', number: '1', date: '2026-02-01' } } as const;
const RELEASES = [
  { ...GROUND, introduce: false },
  {
    ...GROUND,
    introduce: true,
    introductionType: 'IMPORT',
    customsDeclaration: { number: 'D-1', date: '2026-02-01' },
  },
] as const;

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constantFrom('utilisation', 'introduction', 'withdrawal', 'return', 'write_off'),
      things,
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('remarking' as const), units }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('customs_control' as const), things }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('customs_release' as const),
      things,
      header: fc.constantFrom(...RELEASES),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('aggregation' as const), things, box: fc.nat(BOXES - 1) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('blocking' as const), things }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('any history with re-marking and customs control', () => {
  let paperwork: Paperwork;
  const newSscc = ssccsFrom(70_000);

  before(async () => {
    paperwork = await openPaperwork();
  });
  after(() => paperwork.stop());

  async function send(kind: DocumentKind, body: object, bin = MANUFACTURER): Promise<void> {
    const { status } = await paperwork.judged(kind, body, bin);
    assert.ok(status === 'accepted' || status === 'rejected', `${kind} became ${status}`);
  }

  async function perform(each: Step, names: readonly string[]): Promise<void> {
    const named = (indexes: readonly number[]) => indexes.map((index) => names[index] ?? assert.fail());
    switch (each.does) {
      case 'remarking': {
        const [old = '', code = ''] = named(each.units);
        return send('remarking', { replaces: [old], codes: [code], reason: 'LOST', date: '2026-03-01' });
      }
      case 'customs_control':
        return send('customs_control', { ...GROUND, codes: named(each.things) }, AUTHORITY);
      case 'customs_release':
        return send('customs_release', { ...each.header, codes: named(each.things) }, AUTHORITY);
      case 'blocking':
        return send('blocking', { ...GROUND, reason: 'COURT', codes: named(each.things) }, AUTHORITY);
      case 'aggregation': {
        const [box = ''] = named([UNITS + each.box]);
        return send('aggregation', { sscc: box.slice(2), codes: named(each.things) });
      }
      default:
        return send(each.does, { ...HEADERS[each.does], codes: named(each.things) });
    }
  }

  it('leaves every code as the fold of its history, and no goods in circulation under two codes', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (steps) => {
        const codes = await emitCodes(paperwork.db, UNITS);
        const names = [...codes, ...Array.from({ length: BOXES }, () => `00${newSscc()}`)];
        // Half of them are in circulation, and one of them has been re-marked.
        const begun = codes.slice(0, UNITS / 2);
        await send('utilisation', { ...HEADERS.utilisation, codes: begun });
        await send('introduction', { ...HEADERS.introduction, codes: begun });
        const [worn = ''] = begun;
        await send('write_off', { ...HEADERS.write_off, codes: [worn] });
        await send('remarking', { replaces: [worn], codes: codes.slice(-1), reason: 'LOST', date: '2026-03-01' });
        for (const each of steps) await perform(each, names);
        const issued = codes.map((cis): State => {
          const nothingYet = { hold: 'none', parent: null, reason: null } as const;
          return { cis, type: 'unit', ver: 0, status: 'emitted', owner: MANUFACTURER, ...nothingYet };
        });
        const states = await readStates(paperwork.db, names);
        const folded = fold(issued, await readHistory(paperwork.db, names));
        assert.deepEqual(
          states,
          [...folded.values()].sort((a, b) => (a.cis < b.cis ? -1 : 1)),
        );
        const { rows } = await paperwork.db.query<{ cis: string }>('select cis from code_remark where cis = any($1)', [
          codes,
        ]);
        assert.ok(rows.length > 0, 'nothing was re-marked');
        const replaced = new Set(rows.map(({ cis }) => cis));
        const back = states.filter(({ cis, status }) => replaced.has(cis) && status === 'in_circulation');
        assert.deepEqual(back, []);
      }),
      { numRuns: RUNS },
    );
  });
});
