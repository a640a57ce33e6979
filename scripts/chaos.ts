import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FAULTS } from '../test/chaos/faults.ts';
import { MUST_BE_ZERO, type Scoreboard } from '../test/chaos/history.ts';
import { startRun } from '../test/chaos/run.ts';
import { openStage, type TransportName } from '../test/chaos/stage.ts';
import { seededRandom } from '../test/support/random.ts';

const USAGE = `npm run chaos -- [--seed N] [--minutes M] [--transport embedded|rabbitmq]

A hub and a worker over services of their own, requests that never stop, and faults chosen by the seed; at the end
everything is compared: what was promised, what is stored, what arrived. Default: a new seed, 2 minutes, rabbitmq.`;
const MINUTE_MS = 60_000;
const MINUTES_MAX = 600;
const PAUSE_MAX_MS = 4_000;
const FIRST_MS = 60_000;

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly transport: TransportName;
}

function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { seed: { type: 'string' }, minutes: { type: 'string' }, transport: { type: 'string' } },
    });
    const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
    const minutes = Number(values.minutes ?? 2);
    const transport = values.transport ?? 'rabbitmq';
    if (!Number.isSafeInteger(seed) || !(minutes > 0 && minutes <= MINUTES_MAX)) return null;
    if (transport !== 'embedded' && transport !== 'rabbitmq') return null;
    return { seed, minutes, transport };
  } catch {
    return null;
  }
}

async function chaos({ seed, minutes, transport }: Options): Promise<Scoreboard | null> {
  const random = seededRandom(seed);
  const stage = await openStage({ transport });
  if ('skipped' in stage) {
    console.error(`No stage: ${stage.skipped}`);
    return null;
  }
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (stopping = true));
  try {
    const run = await startRun(stage);
    await run.getsThrough(FIRST_MS);
    const faults = FAULTS.filter(({ on }) => on.includes(transport));
    const end = Date.now() + minutes * MINUTE_MS;
    while (Date.now() < end && !stopping) {
      const fault = faults[Math.floor(random() * faults.length)];
      if (fault === undefined) break;
      const left = Math.ceil((end - Date.now()) / 1_000);
      console.log(
        `${String(left).padStart(5)} s  ${fault.name}; ${run.history.receipts.size} receipts accepted so far`,
      );
      run.history.faults += 1;
      await fault.strike(stage);
      await delay(random() * PAUSE_MAX_MS);
    }
    console.log('         no more faults: waiting for everything to come to its end');
    return await run.finish();
  } finally {
    await stage.close();
  }
}

function print(board: Scoreboard, { seed, minutes, transport }: Options): boolean {
  const rows: readonly (readonly [string, number])[] = [
    ['requests accepted', board.accepted],
    ['deliveries', board.deliveries],
    ['attempts', board.attempts],
    ['repeats under the same id', board.repeats],
    ['inbound messages', board.inbound],
    ['faults', board.faults],
    ['lost', board.lost],
    ['inbound applied twice', board.inboundAppliedTwice],
    ['repeats under another id or with other bytes', board.strangeRepeats],
    ['out of order in a lane', board.outOfOrder],
    ['in an unexplained state', board.unexplained],
    ['answers nobody should get', board.oddAnswers],
  ];
  console.log(`\n| seed ${seed}, ${minutes} min, ${transport} | |\n|---|---:|`);
  for (const [name, count] of rows) console.log(`| ${name} | ${count.toLocaleString('en')} |`);
  return MUST_BE_ZERO.every((what) => board[what] === 0);
}

const options = readOptions(process.argv.slice(2));
if (options === null) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const board = await chaos(options);
  process.exitCode = board !== null && print(board, options) ? 0 : 1;
}
