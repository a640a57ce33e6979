import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { fingerprintOf } from '../../src/core/blocklist/fingerprint.ts';
import type { BlockList } from '../../src/core/blocklist/reader.ts';
import { openBlockList } from '../../src/core/blocklist/reader.ts';
import { createListSigner } from '../../src/core/blocklist/writer.ts';
import {
  base,
  codes,
  delta,
  GROUPS,
  HOUR,
  ISSUED_AT,
  later,
  open,
  PUBLIC_KEYS,
  privateKeyOf,
  refusedAs,
  resigned,
  testKey,
} from './lists.ts';

const [A = '', B = '', C = ''] = codes(3);
const MINUTE = 60_000;

function verdict(list: BlockList, cis: string): string {
  return list.ask(cis, 'milk', later(HOUR)).verdict;
}

describe('a base and its deltas', () => {
  it('say of each code what the newest file that knows it says', async () => {
    const changes = fc.array(
      fc.record({
        added: fc.uniqueArray(fc.nat({ max: 30 })),
        removed: fc.uniqueArray(fc.nat({ max: 30 })),
        exact: fc.uniqueArray(fc.nat({ max: 30 })),
      }),
      { maxLength: 6 },
    );
    const all = codes(31);
    const named = (numbers: readonly number[]): string[] => numbers.map((number) => all[number] ?? '');
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat({ max: 30 })), changes, async (first, steps) => {
        const expected = new Map(all.map((cis) => [cis, 'clear']));
        for (const cis of named(first)) expected.set(cis, 'suspected');
        const deltas: Buffer[] = [];
        for (const [step, given] of steps.entries()) {
          const removed = named(given.removed);
          const added = named(given.added).filter((cis) => !removed.includes(cis));
          const exact = named(given.exact).filter((cis) => !removed.includes(cis));
          deltas.push(await delta(step + 2, { added, removed, exact }));
          for (const cis of removed) expected.set(cis, 'clear');
          for (const cis of added) if (expected.get(cis) === 'clear') expected.set(cis, 'suspected');
          for (const cis of exact) expected.set(cis, 'blocked');
        }
        const list = open(await base(named(first)), ...deltas);
        assert.deepEqual(new Map(all.map((cis) => [cis, verdict(list, cis)])), expected);
      }),
    );
  });

  it('never miss a code of many', async () => {
    const blocked = codes(20_000);
    const added = codes(2_000, 100_000);
    const list = open(await base(blocked), await delta(2, { added }));
    assert.deepEqual(
      [...blocked, ...added].filter((cis) => verdict(list, cis) !== 'suspected'),
      [],
    );
  });

  it('clear what was removed, and nothing else', async () => {
    const list = open(await base([A, B]), await delta(2, { removed: [A] }));
    assert.deepEqual([verdict(list, A), verdict(list, B)], ['clear', 'suspected']);
  });

  it('lift an order by removing its code', async () => {
    const list = open(await base([], { exact: [A, B] }), await delta(2, { removed: [A] }));
    assert.deepEqual([verdict(list, A), verdict(list, B)], ['clear', 'blocked']);
  });

  it('keep an order when its code is added once more without it', async () => {
    const list = open(await base([], { exact: [A] }), await delta(2, { added: [A] }));
    assert.equal(verdict(list, A), 'blocked');
  });

  it('may skip numbers, and take the policies and the life of the newest', async () => {
    const groups = { ...GROUPS, byGroup: new Map([['milk', 'closed'] as const]) };
    const list = open(await base([A]), await delta(9, { previous: 1, issuedAt: later(HOUR), groups }));
    assert.deepEqual([list.sequence, list.issuedAt, list.validUntil], [9, later(HOUR), later(73 * HOUR)]);
    assert.equal(list.ask(B, 'milk', later(73 * HOUR + 1)).action, 'refuse');
  });

  it('may be signed by different keys', async () => {
    const key = testKey('Abc2', 90);
    const second = await delta(2, { added: [B], signer: createListSigner(key) });
    const publicKeys = new Map([...PUBLIC_KEYS, ['Abc2', createPublicKey(privateKeyOf(key))] as const]);
    const list = openBlockList({ base: await base([A]), deltas: [second], publicKeys, now: ISSUED_AT });
    assert.equal(verdict(list, B), 'suspected');
  });
});

describe('files that do not belong together', () => {
  it('are refused: a delta missing', async () => {
    const files = [await base([A]), await delta(3)] as const;
    assert.throws(() => open(...files), refusedAs('inconsistent'));
  });

  it('are refused: deltas in another order, or twice', async () => {
    const first = await base([A]);
    const [second, third] = [await delta(2), await delta(3)];
    assert.throws(() => open(first, third, second), refusedAs('inconsistent'));
    assert.throws(() => open(first, second, second, third), refusedAs('inconsistent'));
  });

  it('are refused: a base of another time', async () => {
    const files = [await base([A], { sequence: 7 }), await delta(2)] as const;
    assert.throws(() => open(...files), refusedAs('inconsistent'));
  });

  it('are refused: a delta older than its base', async () => {
    const files = [await base([A]), await delta(2, { issuedAt: later(-1) })] as const;
    assert.throws(() => open(...files), refusedAs('inconsistent'));
  });

  it('are refused: two bases, or no base', async () => {
    const first = await base([A]);
    assert.throws(() => open(first, first), refusedAs('inconsistent'));
    const second = await delta(2);
    assert.throws(() => open(second), refusedAs('inconsistent'));
  });

  it('are refused: one damaged delta', async () => {
    const second = await delta(2, { added: [B] });
    second.writeUInt8(second.readUInt8(80) ^ 1, 80);
    const first = await base([A]);
    assert.throws(() => open(first, second), refusedAs('bad_signature'));
  });

  it('are refused: more deltas than there may be', async () => {
    const first = await base([A]);
    const second = await delta(2);
    assert.throws(() => open(first, ...Array<Buffer>(865).fill(second)), refusedAs('too_large'));
  });
});

describe('the age of a list', () => {
  const cases: readonly (readonly [at: number, locked: boolean])[] = [
    [0, false],
    [72 * HOUR, false],
    [72 * HOUR + 1, true],
    [-10 * MINUTE, false],
    [-10 * MINUTE - 1, true],
    [Number.NaN, true],
  ];
  for (const [at, locked] of cases) {
    it(`${locked ? 'locks' : 'does not lock'} it ${at} ms after it was issued`, async () => {
      const list = open(await base([A]));
      assert.equal(list.ask(A, 'milk', later(at)).verdict, locked ? 'locked' : 'suspected');
    });
  }

  it('begins anew with a delta', async () => {
    const [first, second] = [await base([A]), await delta(2, { issuedAt: later(50 * HOUR) })];
    assert.equal(open(first).ask(A, 'milk', later(100 * HOUR)).verdict, 'locked');
    assert.equal(open(first, second).ask(A, 'milk', later(100 * HOUR)).verdict, 'suspected');
  });

  it('locks a list when the clock is set back behind the time it was opened', async () => {
    const source = { base: await base([A]), deltas: [], publicKeys: PUBLIC_KEYS, now: later(50 * HOUR) };
    const list = openBlockList(source);
    assert.equal(list.ask(A, 'milk', later(50 * HOUR - 10 * MINUTE)).verdict, 'suspected');
    assert.equal(list.ask(A, 'milk', later(50 * HOUR - 10 * MINUTE - 1)).verdict, 'locked');
  });
});

describe('what a till does', () => {
  const LATE = later(73 * HOUR);
  const cases: readonly (readonly [group: string | null, cis: string, at: Date, verdict: string, action: string])[] = [
    ['milk', C, ISSUED_AT, 'clear', 'sell'],
    ['tobacco', C, ISSUED_AT, 'clear', 'sell'],
    ['milk', A, ISSUED_AT, 'suspected', 'warn'],
    ['tobacco', A, ISSUED_AT, 'suspected', 'warn'],
    ['milk', B, ISSUED_AT, 'blocked', 'refuse'],
    ['tobacco', B, ISSUED_AT, 'blocked', 'refuse'],
    ['milk', C, LATE, 'locked', 'warn'],
    ['tobacco', C, LATE, 'locked', 'refuse'],
    ['milk', B, LATE, 'locked', 'warn'],
    ['tobacco', A, LATE, 'locked', 'refuse'],
    [null, C, LATE, 'locked', 'warn'],
    ['constructor', C, LATE, 'locked', 'warn'],
  ];
  for (const [group, cis, at, expected, action] of cases) {
    it(`with ${cis.slice(-1)} of ${group} ${at === LATE ? 'under an old list' : 'under a new list'}: ${action}`, async () => {
      const list = open(await base([A], { exact: [B] }));
      assert.deepEqual(list.ask(cis, group, at), { verdict: expected, action });
    });
  }

  it('with a group that the list does not name is what the list says of others', async () => {
    const list = open(await base([A], { groups: { ...GROUPS, otherwise: 'closed' } }));
    assert.deepEqual(list.ask(C, 'shoes', LATE), { verdict: 'locked', action: 'refuse' });
    assert.deepEqual(list.ask(C, null, LATE), { verdict: 'locked', action: 'refuse' });
  });

  it('never refuses for a fingerprint alone', async () => {
    const file = await delta(2, { added: [A] });
    const list = open(
      await base([], { exact: [B] }),
      resigned(file, (copy) => copy.writeBigUInt64BE(fingerprintOf(C), copy.length - 8)),
    );
    assert.deepEqual(list.ask(C, 'tobacco', ISSUED_AT), { verdict: 'suspected', action: 'warn' });
  });
});
