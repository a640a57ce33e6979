import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { fingerprintOf } from '../../src/core/blocklist/fingerprint.ts';
import { type BlockList, openBlockList } from '../../src/core/blocklist/reader.ts';
import { createListSigner, writeBase } from '../../src/core/blocklist/writer.ts';
import type { Bench } from '../bench.ts';
import { type Row, spreadOf } from '../report.ts';

const CODES = 10_000_000;
const CODES_PER_CHUNK = 10_000;
const LOOK_UPS = 100_000;
const STRANGERS = 4_000_000;
const KEY_ID = 'Abc1';
const NOW = new Date('2027-03-01T06:00:00Z');

/** A list of ten million blocked codes, in this process: what it takes to build, to open and to ask. */
export const blockList: Bench = {
  name: 'block-list',
  run: async ({ rounds, scaled, tell }) => {
    const count = scaled(CODES);
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    tell(`writing a list of ${count} codes`);
    const built = await build(count, privateKey);
    const openedAt = performance.now();
    const publicKeys = new Map([[KEY_ID, publicKey]]);
    const list = openBlockList({ base: built.file, deltas: [], publicKeys, now: NOW });
    const openMs = performance.now() - openedAt;
    tell('sorting the same codes for the baseline');
    const sorted = BigUint64Array.from({ length: count }, (_, at) => fingerprintOf(cisAt(at))).sort();
    tell('asking');
    const step = Math.floor(count / LOOK_UPS) || 1;
    const hits = Array.from({ length: LOOK_UPS }, (_, at) => cisAt((at * step) % count));
    const misses = Array.from({ length: LOOK_UPS }, (_, at) => cisAt(count + at));
    const strangers = scaled(STRANGERS);
    const falseHits = countHits(list, count, strangers);
    return [
      { ...row('size of the file', built.file.length / 1e6, 'MB'), note: `${count} codes` },
      row('bits a code', (built.file.length * 8) / count, 'bits'),
      { ...row('building', built.seconds, 's'), note: `memory of the process grew by ${Math.round(built.grewMb)} MB` },
      row('opening: signature and index', openMs, 'ms'),
      lookUpRow('of a blocked code', { list, sorted, rounds, cises: hits }),
      lookUpRow('of another code', { list, sorted, rounds, cises: misses }),
      {
        ...row('false hits of a million codes', (falseHits * 1e6) / strangers, 'codes'),
        note: `${falseHits} of ${strangers} codes that are not in it; 1 in 2^19 is ${(1e6 / 2 ** 19).toFixed(2)} of a million`,
      },
    ];
  },
};

function row(what: string, value: number, unit: string): Row {
  return { bench: blockList.name, what: `block list: ${what}`, value, unit };
}

function cisAt(at: number): string {
  return `010487000010001921${String(at).padStart(13, '0')}`;
}

async function* chunks(count: number): AsyncGenerator<readonly string[]> {
  for (let from = 0; from < count; from += CODES_PER_CHUNK) {
    yield Array.from({ length: Math.min(CODES_PER_CHUNK, count - from) }, (_, at) => cisAt(from + at));
  }
}

interface Built {
  readonly file: Buffer;
  readonly seconds: number;
  readonly grewMb: number;
}

async function build(count: number, privateKey: KeyObject): Promise<Built> {
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' });
  const before = process.memoryUsage().rss;
  const startedAt = performance.now();
  const file = await writeBase({
    cises: chunks(count),
    exact: [],
    sequence: 1,
    issuedAt: NOW,
    groups: { byGroup: new Map(), otherwise: 'open' },
    signer: createListSigner({ keyId: KEY_ID, algorithm: 'ed25519', secret }),
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  return { file, seconds, grewMb: (process.resourceUsage().maxRSS * 1_024 - before) / 1e6 };
}

interface Compared {
  readonly list: BlockList;
  readonly sorted: BigUint64Array;
  readonly rounds: number;
  readonly cises: readonly string[];
}

/** Both sides make the fingerprint: it is part of every look-up. */
function lookUpRow(what: string, { list, sorted, rounds, cises }: Compared): Row {
  const ask = (cis: string): boolean => list.ask(cis, null, NOW).verdict === 'suspected';
  const search = (cis: string): boolean => isIn(sorted, fingerprintOf(cis));
  const subject: number[] = [];
  const baseline: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    baseline.push(microsecondsEach(cises, search));
    subject.push(microsecondsEach(cises, ask));
  }
  const [subjectSpread, baselineSpread] = [spreadOf(subject), spreadOf(baseline)];
  return {
    ...row(`look-up ${what}, to a binary search in ${sorted.byteLength / 1e6} MB`, 0, '×'),
    value: subjectSpread.median / baselineSpread.median,
    subject: subjectSpread,
    baseline: baselineSpread,
    rateUnit: ' µs',
  };
}

function microsecondsEach(cises: readonly string[], isBlocked: (cis: string) => boolean): number {
  const startedAt = performance.now();
  let blocked = 0;
  for (const cis of cises) if (isBlocked(cis)) blocked += 1;
  const microseconds = ((performance.now() - startedAt) * 1_000) / cises.length;
  const expected = blocked > cises.length / 2 ? cises.length : 0;
  if (Math.abs(blocked - expected) > cises.length / 1_000) throw new Error(`${blocked} of ${cises.length} are blocked`);
  return microseconds;
}

function isIn(sorted: BigUint64Array, wanted: bigint): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? wanted) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}

function countHits(list: BlockList, from: number, count: number): number {
  let hits = 0;
  for (let at = from; at < from + count; at += 1) {
    if (list.ask(cisAt(at), null, NOW).verdict !== 'clear') hits += 1;
  }
  return hits;
}
