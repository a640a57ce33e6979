import { parseArgs } from 'node:util';
import { runDay } from '../test/till-day/run.ts';

// npm run till-day -- --receipts 1000000 --tills 2000 --seed 42: a day of cash registers, with faults, held against all.

const USAGE = `npm run till-day [-- [--receipts 1000000] [--tills 2000] [--seed 42] [--fault-seconds 20]]
  --receipts       codes to sell, one a ticket
  --tills          registers at work at once
  --seed           the same seed, the same behaviour of the shops
  --fault-seconds  between two faults: the hub killed, connections cut, the network away`;

function numberOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`"${text}" is no whole number above 0.\n${USAGE}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    receipts: { type: 'string' },
    tills: { type: 'string' },
    seed: { type: 'string' },
    'fault-seconds': { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  console.log(USAGE);
  process.exit(0);
}
const seed = numberOf(values.seed, 42);
const day = await runDay({
  receipts: numberOf(values.receipts, 1_000_000),
  tills: numberOf(values.tills, 2_000),
  seed,
  faultEveryMs: numberOf(values['fault-seconds'], 20) * 1_000,
  tell: (line) => console.log(`  ${line}`),
});
const { violations, faults, ...figures } = day;
console.log(`\nSeed ${seed}: ${figures.tickets.toLocaleString('en-US')} tickets in ${figures.seconds.toFixed(0)} s.`);
console.log(`  offline ${figures.offline}, returns ${figures.returns}, refused ${figures.refused}`);
console.log(`  p50 ${figures.p50Ms.toFixed(0)} ms, p99 ${figures.p99Ms.toFixed(0)} ms`);
for (const [fault, count] of Object.entries(faults)) console.log(`  ${fault}: ${count}`);
for (const [violation, count] of Object.entries(violations)) console.log(`  ${violation.padEnd(18)} ${count}`);
const isClean = Object.values(violations).every((count) => count === 0) && figures.refused === 0;
console.log(isClean ? 'Nothing lost, nothing twice.' : 'VIOLATED');
process.exit(isClean ? 0 : 1);
