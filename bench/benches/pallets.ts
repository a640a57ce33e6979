import type { Bench, BenchContext } from '../bench.ts';
import { withCpu } from '../cpu.ts';
import { freshSscc, goodsOf, newCodes, settle, storeCodes } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { sendDocument } from '../json-documents.ts';
import { compare, type Measured } from '../rounds.ts';

const MANY = 100_000;
const FEW = 10;
/** There and back again, so often in a round. */
const JOURNEYS = 10;

/** A pallet is shipped and accepted by its one row: the number of units on it must not be felt. */
export const pallets: Bench = {
  name: 'pallets',
  run: async (context) => {
    const many = context.scaled(MANY);
    const [small, large] = [await palletOf(context, FEW), await palletOf(context, many)];
    await settle(context.hub);
    const row = await compare({
      bench: pallets.name,
      what: '',
      rounds: context.rounds,
      baseline: () => journeys(context, small),
      subject: () => journeys(context, large),
      note: `${2 * JOURNEYS} shipments and acceptances of one pallet a round, one after another, Prefer: wait`,
    });
    return [
      {
        ...row,
        what: `shipping and accepting a pallet of ${many.toLocaleString('en-US')} units / of ${FEW}`,
        value: 1 / row.value,
        unit: 'times the time',
        target: { is: 'at most', value: 2 },
      },
    ];
  },
};

async function palletOf({ hub, tell }: BenchContext, units: number): Promise<string> {
  tell(`packing a pallet of ${units} units`);
  const goods = await goodsOf(hub, 'lp');
  const codes = newCodes(goods, units);
  await storeCodes(hub, codes, { status: 'in_circulation', owner: participantOf(hub, 'manufacturer').bin });
  const sscc = freshSscc();
  await sendDocument(hub, 'manufacturer', { kind: 'aggregation', body: { sscc, codes } });
  return `00${sscc}`;
}

async function journeys({ hub }: BenchContext, pallet: string): Promise<Measured> {
  const { seconds, cpu } = await withCpu(hub.cpu, async () => {
    for (let journey = 0; journey < JOURNEYS; journey++) {
      for (const [from, to] of [
        ['manufacturer', 'wholesaler'],
        ['wholesaler', 'manufacturer'],
      ] as const) {
        const receiver = participantOf(hub, to).bin;
        const body = { receiver, number: 'B-1', date: new Date().toISOString(), codes: [pallet] };
        const shipmentId = await sendDocument(hub, from, { kind: 'shipment', body });
        await sendDocument(hub, to, { kind: 'acceptance', body: { shipmentId } });
      }
    }
  });
  return { perSecond: (2 * JOURNEYS) / seconds, cpu };
}
