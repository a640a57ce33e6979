import { createHash } from 'node:crypto';
import { newId } from '../../src/store/ids.ts';
import type { Bench, BenchContext } from '../bench.ts';
import { withCpu } from '../cpu.ts';
import { goodsOf, newCodes, settle, shuffled, storeCodes, withTails } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { CODES_PER_RECEIPT, receiptBodies, SOLD } from '../receipts.ts';
import { compare, type Measured } from '../rounds.ts';
import { bearer, NDJSON, startTransferClient, type TransferClient } from '../transfer.ts';

const RECEIPTS_PER_ROUND = 20_000;
/** As many as the hub puts into a transaction. */
const RECEIPTS_PER_TRANSACTION = 256;

const SELL_CODES = `
with changed as (
  update code set ver = code.ver + 1, status = 'withdrawn', reason = 'RETAIL', owner = $3, parent = null
    from unnest($1::text[], $2::uuid[]) as given(cis, receipt_id)
   where code.cis = given.cis collate "C"
  returning code.cis, code.ver, code.status, code.hold, code.owner, code.reason, given.receipt_id
)
insert into code_history (recorded_at, occurred_at, document_id, ver, status, hold, cis, event, actor, owner, reason)
select $4, $4, receipt_id, ver, status, hold, cis, 'sold', $3, owner, reason from changed`;

const KEEP_RECEIPTS = `
insert into receipt (at, received_at, receipt_id, register_id, fiscal_sign, bin, operation, sender, digest, raw, outcome)
select $6, $6, receipt_id, '010100287112', fiscal_sign, $7, 'sale', $7, digest, raw, outcome
  from unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::jsonb[])
    as given(receipt_id, fiscal_sign, digest, raw, outcome)`;

/** A fiscal data operator delivers the receipts of a quarter of an hour as one stream. */
export const bulkReceipts: Bench = {
  name: 'bulk',
  run: async (context) => {
    const { hub, rounds, scaled } = context;
    const perRound = scaled(RECEIPTS_PER_ROUND);
    const { bin } = participantOf(hub, 'retailer');
    const { bare, marks } = await prepare(context, perRound * CODES_PER_RECEIPT);
    const client = await startTransferClient();
    const row = await compare({
      bench: bulkReceipts.name,
      what: `${perRound.toLocaleString('en-US')} receipts in one stream / bare SQL`,
      target: { is: 'at least', value: 0.4 },
      rounds,
      baseline: (round) => bareReceipts(context, bare[round] ?? [], bin),
      subject: (round) => pushStream(context, client, receiptBodies(bin, marks[round] ?? [])),
      note: `bare SQL: transactions of ${RECEIPTS_PER_TRANSACTION} receipts on one connection; whole codes with tails of 44 characters`,
    });
    client.stop();
    return [row];
  },
};

async function pushStream({ hub }: BenchContext, client: TransferClient, lines: readonly string[]): Promise<Measured> {
  const headers = { ...bearer(participantOf(hub, 'ofd').apiKey), ...NDJSON };
  const { result, cpu } = await withCpu(hub.cpu, () =>
    client.run([{ port: hub.port, method: 'POST', path: '/api/v1/receipts', headers, lines }]),
  );
  const sold = (result.texts[0] ?? '').split(SOLD).length - 1;
  if (sold !== lines.length * CODES_PER_RECEIPT) throw new Error(`only ${sold} codes were sold`);
  return { perSecond: lines.length / result.seconds, cpu: { ...cpu, client: result.cpuSeconds / result.seconds } };
}

interface BareBatch {
  readonly cises: readonly string[];
  readonly receiptOfCis: readonly string[];
  readonly receiptIds: readonly string[];
  readonly fiscalSigns: readonly string[];
  readonly digests: readonly Buffer[];
  readonly raws: readonly Buffer[];
  readonly outcomes: readonly string[];
}

async function bareReceipts({ hub }: BenchContext, codes: readonly string[], bin: string): Promise<Measured> {
  const batches = bareBatches(codes, bin);
  const now = new Date();
  const receipts = codes.length / CODES_PER_RECEIPT;
  const { seconds, cpu } = await withCpu({ postgres: hub.cpu.postgres }, async () => {
    for (const batch of batches) {
      await hub.db.transaction(async (tx) => {
        const { receiptIds, fiscalSigns, digests, raws, outcomes } = batch;
        await tx.query({ name: 'sell', text: SELL_CODES, values: [batch.cises, batch.receiptOfCis, bin, now] });
        const kept = [receiptIds, fiscalSigns, digests, raws, outcomes, now, bin];
        await tx.query({ name: 'keep', text: KEEP_RECEIPTS, values: kept });
      });
    }
  });
  return { perSecond: receipts / seconds, cpu };
}

function bareBatches(codes: readonly string[], bin: string): BareBatch[] {
  const batches: BareBatch[] = [];
  const size = RECEIPTS_PER_TRANSACTION * CODES_PER_RECEIPT;
  for (let first = 0; first < codes.length; first += size) {
    const cises = codes.slice(first, first + size);
    const raws = receiptBodies(bin, cises).map((body) => Buffer.from(body));
    const receiptIds = raws.map(() => newId(new Date()));
    batches.push({
      cises,
      receiptOfCis: cises.map((_, index) => receiptIds[Math.floor(index / CODES_PER_RECEIPT)] ?? ''),
      receiptIds,
      fiscalSigns: receiptIds,
      digests: raws.map((raw) => createHash('sha256').update(raw).digest()),
      raws,
      outcomes: raws.map((_, index) =>
        JSON.stringify(
          cises
            .slice(index * CODES_PER_RECEIPT, (index + 1) * CODES_PER_RECEIPT)
            .map((cis) => ({ cis, outcome: 'sold', anomaly: null })),
        ),
      ),
    });
  }
  return batches;
}

async function prepare({ hub, rounds, tell }: BenchContext, codesPerSide: number) {
  const { bin } = participantOf(hub, 'retailer');
  const goods = await goodsOf(hub, 'lp');
  const sides = 2 * (rounds + 1);
  tell(`preparing ${sides * codesPerSide} codes in circulation`);
  const codes = newCodes(goods, sides * codesPerSide);
  await storeCodes(hub, codes, { status: 'in_circulation', owner: bin });
  await settle(hub);
  const sold = shuffled(codes);
  const part = (index: number): string[] => sold.slice(index * codesPerSide, (index + 1) * codesPerSide);
  const both = Array.from({ length: rounds + 1 }, (_, round) => round);
  return {
    bare: both.map((round) => part(2 * round)),
    marks: both.map((round) => withTails(goods, part(2 * round + 1))),
  };
}
