import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pgCopy from 'pg-copy-streams';
import type { Bench, BenchContext } from '../bench.ts';
import { withCpu } from '../cpu.ts';
import { freeCodes, type Goods, newCodes } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { goodsForOrder, orderToFiles } from '../orders.ts';
import type { Row } from '../report.ts';
import { compare, type Measured } from '../rounds.ts';
import { startSigners } from '../signers.ts';
import { startTransferClient, type TransferClient } from '../transfer.ts';

const CODES = 300_000;
const COPY_CODES = 'copy code (cis, type, status, owner, line_id) from stdin';
const ROWS_PER_BUFFER = 5_000;

/** From the order to the last byte of the file with the printed codes. */
export const emission: Bench = {
  name: 'emission',
  run: async (context) => {
    const client = await startTransferClient();
    try {
      return [
        await againstCopy(context, client, 'lp', 44),
        await againstCopy(context, client, 'tobacco', 4),
        await againstSigning(context, client),
      ];
    } finally {
      client.stop();
    }
  },
};

async function againstCopy(
  context: BenchContext,
  client: TransferClient,
  productGroup: string,
  characters: number,
): Promise<Row> {
  const codes = context.scaled(CODES);
  const goods = await goodsForOrder(context, productGroup, codes);
  return await compare({
    bench: emission.name,
    what: `order to file, tails of ${characters} characters / COPY of the rows`,
    target: { is: 'at least', value: 0.4 },
    rounds: context.rounds,
    baseline: () => bareCopy(context, goods, codes),
    subject: () => order(context, client, goods, codes),
    note: `${codes.toLocaleString('en-US')} codes of ${goods.length} GTINs; COPY of sorted rows from prepared buffers on one connection`,
  });
}

async function againstSigning(context: BenchContext, client: TransferClient): Promise<Row> {
  const codes = context.scaled(CODES);
  const goods = await goodsForOrder(context, 'shoes', codes);
  const [first] = goods;
  if (first === undefined) throw new Error('an order has goods');
  const { keyId, secret } = first.key;
  const messages = newCodes(first, codes).map((cis) => Buffer.from(`tanba:tail:v1\0ed25519\0${keyId}\0${cis}`));
  const signers = await startSigners({ secret, messages });
  try {
    return await compare({
      bench: emission.name,
      what: 'order to file, tails of 88 characters / bare crypto.sign on all cores',
      target: { is: 'at least', value: 0.8 },
      rounds: context.rounds,
      baseline: async () => {
        const startedAt = performance.now();
        const cpuSeconds = await signers.run();
        const seconds = (performance.now() - startedAt) / 1_000;
        return { perSecond: codes / seconds, cpu: { signers: cpuSeconds / seconds } };
      },
      subject: () => order(context, client, goods, codes),
      note: `${codes.toLocaleString('en-US')} codes`,
    });
  } finally {
    signers.stop();
  }
}

async function order(
  context: BenchContext,
  client: TransferClient,
  goods: readonly Goods[],
  codes: number,
): Promise<Measured> {
  const { result, cpu } = await withCpu(context.hub.cpu, () => orderToFiles(context, client, goods, codes));
  for (const file of result.files) if ((await stat(file)).size < codes) throw new Error(`${file} is not whole`);
  return { perSecond: codes / result.seconds, cpu: { ...cpu, client: result.clientCpuSeconds / result.seconds } };
}

async function bareCopy({ hub }: BenchContext, goods: readonly Goods[], codes: number): Promise<Measured> {
  const { bin } = participantOf(hub, 'manufacturer');
  const rowEnd = `\tunit\temitted\t${bin}\t0\n`;
  const buffers: Buffer[] = [];
  for (const one of goods) {
    const free = await freeCodes(hub, one, Math.floor(codes / goods.length));
    const rows = free.map((cis) => cis + rowEnd);
    for (let first = 0; first < rows.length; first += ROWS_PER_BUFFER) {
      buffers.push(Buffer.from(rows.slice(first, first + ROWS_PER_BUFFER).join('')));
    }
  }
  const { seconds, cpu } = await withCpu({ postgres: hub.cpu.postgres }, () =>
    hub.db.transaction((tx) => pipeline(Readable.from(buffers), tx.query(pgCopy.from(COPY_CODES)))),
  );
  return { perSecond: codes / seconds, cpu };
}
