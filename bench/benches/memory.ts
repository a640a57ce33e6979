import { readFileSync, writeFileSync } from 'node:fs';
import type { Bench } from '../bench.ts';
import { submitStream } from '../documents.ts';
import { goodsOf, newCodes, settle, storeCodes, withTails } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { startTransferClient } from '../transfer.ts';

const CODES = 1_000_000;
/** proc(5): writing 5 resets the peak resident set size. */
const RESET_PEAK = '5';

/** The peak of the hub's memory while the largest document that it takes streams through. */
export const memory: Bench = {
  name: 'memory',
  run: async ({ hub, scaled, tell }) => {
    const count = scaled(CODES);
    const goods = await goodsOf(hub, 'lp');
    tell(`preparing ${count} emitted codes`);
    const codes = newCodes(goods, count);
    await storeCodes(hub, codes, { status: 'emitted', owner: participantOf(hub, 'manufacturer').bin });
    await settle(hub);
    const client = await startTransferClient();
    const before = memoryOf(hub.pid, 'VmRSS');
    writeFileSync(`/proc/${hub.pid}/clear_refs`, RESET_PEAK);
    const document = { kind: 'utilisation', body: { productionDate: '2026-01-10' } };
    const { uploadSeconds, seconds } = await submitStream(hub, client, document, withTails(goods, codes));
    const peak = memoryOf(hub.pid, 'VmHWM');
    client.stop();
    return [
      {
        bench: memory.name,
        what: `peak memory of the hub, a document of ${count.toLocaleString('en-US')} codes`,
        value: Math.round(peak),
        unit: 'MB',
        target: { is: 'at most', value: 400 },
        note: `${before.toFixed(0)} MB before; received in ${uploadSeconds.toFixed(0)} s, accepted after ${seconds.toFixed(0)} s`,
      },
    ];
  },
};

function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1_024;
}
