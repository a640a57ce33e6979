import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Bench, BenchContext } from '../bench.ts';
import { submitStream } from '../documents.ts';
import { participantOf } from '../hub-process.ts';
import { CODES_PER_LINE, goodsForOrder, orderToFiles } from '../orders.ts';
import { CODES_PER_RECEIPT, receiptBodies } from '../receipts.ts';
import type { Row } from '../report.ts';
import { bearer, NDJSON, startTransferClient } from '../transfer.ts';

const TABLES = ['code', 'code_history', 'receipt', 'document_part', 'outbox'] as const;
type Sizes = Readonly<Record<(typeof TABLES)[number], number>>;

const TABLE_SIZE = `
select (pg_total_relation_size($1::regclass) + coalesce(sum(pg_total_relation_size(relid)), 0))::float8 as bytes
  from pg_partition_tree($1::regclass)`;

/** The whole life of codes through the API, and what it leaves on the disk. */
export const disk: Bench = {
  name: 'disk',
  run: async (context) => {
    const { hub, tell } = context;
    const codes = context.scaled(CODES_PER_LINE);
    const client = await startTransferClient();
    const goods = await goodsForOrder(context, 'lp', codes);
    const { bin } = participantOf(hub, 'manufacturer');
    const empty = await sizes(context);
    const { files } = await orderToFiles(context, client, goods, codes);
    const emitted = await sizes(context);
    const marks = await linesOf(files[0] ?? '');
    tell('applying, introducing and selling them');
    await submitStream(hub, client, { kind: 'utilisation', body: { productionDate: '2026-01-10' } }, marks);
    const introduction = { introductionType: 'PRODUCTION', date: '2026-01-11' };
    await submitStream(hub, client, { kind: 'introduction', body: introduction }, marks);
    const headers = { ...bearer(participantOf(hub, 'ofd').apiKey), ...NDJSON };
    const lines = receiptBodies(bin, marks);
    await client.run([{ port: hub.port, method: 'POST', path: '/api/v1/receipts', headers, lines }]);
    client.stop();
    const sold = await sizes(context);
    return [
      row('bytes on disk of an emitted code', empty, emitted, codes),
      row(`bytes on disk of a sold code (receipts of ${CODES_PER_RECEIPT} codes)`, empty, sold, codes),
    ];
  },
};

function row(what: string, before: Sizes, after: Sizes, codes: number): Row {
  const each = TABLES.map((table) => [table, (after[table] - before[table]) / codes] as const);
  return {
    bench: disk.name,
    what,
    value: Math.round(each.reduce((sum, [, bytes]) => sum + bytes, 0)),
    unit: 'bytes',
    note: each.map(([table, bytes]) => `${table} ${Math.round(bytes)}`).join(', '),
  };
}

async function sizes({ hub }: BenchContext): Promise<Sizes> {
  await hub.db.query('checkpoint');
  const measured = { code: 0, code_history: 0, receipt: 0, document_part: 0, outbox: 0 };
  for (const table of TABLES) {
    const { rows } = await hub.db.query<{ bytes: number }>(TABLE_SIZE, [table]);
    measured[table] = rows[0]?.bytes ?? 0;
  }
  return measured;
}

/** The codes of a downloaded file. */
async function linesOf(file: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) lines.push(line);
  return lines;
}
