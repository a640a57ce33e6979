import type { Bench, BenchContext } from '../bench.ts';
import { goodsOf, newCodes, settle, shuffled, storeCodes } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { measureDocument } from '../json-documents.ts';
import { compare } from '../rounds.ts';

const LINES = 30_000;

/** Format-logic control before sending: every rule, no effect. */
export const validation: Bench = {
  name: 'validation',
  run: async (context) => {
    const { hub, rounds } = context;
    const count = context.scaled(LINES);
    const documents = await prepare(context, count);
    const documentOf = (round: number) => ({
      kind: 'utilisation',
      body: { codes: documents[round], productionDate: '2026-01-10', expiryDate: '2028-01-10', batch: 'A-17' },
    });
    const row = await compare({
      bench: validation.name,
      what: '',
      rounds,
      // Validated first, so that the goods are as the rules want them; applied after.
      baseline: (round) =>
        measureDocument(hub, 'manufacturer', documentOf(round), {
          path: '/api/v1/documents/validate',
          expect: '"valid":true',
        }),
      subject: (round) => measureDocument(hub, 'manufacturer', documentOf(round)),
      note: 'one JSON document, all lines in order of printing',
    });
    return [
      {
        ...row,
        what: `validating a document of ${count.toLocaleString('en-US')} lines / applying it`,
        unit: 'of its time',
        target: { is: 'at most', value: 0.1 },
        ...(row.baseline === undefined ? {} : { subject: row.baseline }),
        ...(row.subject === undefined ? {} : { baseline: row.subject }),
        ...(row.baselineCpu === undefined ? {} : { subjectCpu: row.baselineCpu }),
        ...(row.subjectCpu === undefined ? {} : { baselineCpu: row.subjectCpu }),
      },
    ];
  },
};

async function prepare({ hub, rounds, tell }: BenchContext, count: number): Promise<string[][]> {
  const { bin } = participantOf(hub, 'manufacturer');
  const goods = await goodsOf(hub, 'lp');
  tell(`preparing ${(rounds + 1) * count} emitted codes`);
  const documents: string[][] = [];
  for (let round = 0; round <= rounds; round++) {
    const codes = newCodes(goods, count);
    await storeCodes(hub, codes, { status: 'emitted', owner: bin });
    documents.push(shuffled(codes));
  }
  await settle(hub);
  return documents;
}
