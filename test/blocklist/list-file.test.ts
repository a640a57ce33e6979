import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { BlockListErrorCode } from '../../src/core/blocklist/errors.ts';
import { readBlockListFile } from '../../src/core/blocklist/list-format.ts';
import { openBlockList } from '../../src/core/blocklist/reader.ts';
import { createListSigner } from '../../src/core/blocklist/writer.ts';
import {
  base,
  codes,
  delta,
  GROUPS,
  ISSUED_AT,
  KEY,
  open,
  PUBLIC_KEYS,
  privateKeyOf,
  refusedAs,
  resigned,
  testKey,
} from './lists.ts';

const ORDERED = codes(2, 900);

function openWith(file: Buffer, publicKeys: ReadonlyMap<string, KeyObject>): unknown {
  return openBlockList({ base: file, deltas: [], publicKeys, now: ISSUED_AT });
}

describe('the file of a block list', () => {
  let file: Buffer;

  before(async () => {
    file = await base(codes(4), { exact: ORDERED });
  });

  it('says what was written', () => {
    const { header, sections } = readBlockListFile(file, PUBLIC_KEYS);
    assert.deepEqual(header, {
      kind: 'base',
      sequence: 1,
      previous: 0,
      issuedAt: ISSUED_AT,
      validUntil: new Date('2027-03-04T06:00:00Z'),
      keyId: 'Abc1',
      riceBits: 19,
      policies: GROUPS,
    });
    assert.equal(sections.firstCount, 6);
    assert.equal(sections.orders.toString(), `${ORDERED[0]}\n${ORDERED[1]}\n`);
  });

  it('is the same for the same codes in any order and any number of times', async () => {
    const [one = '', ...others] = codes(4);
    assert.deepEqual(await base([...others, one, one], { exact: ORDERED }), file);
  });

  it('is refused with any one byte changed, in whatever bit', () => {
    const accepted: number[] = [];
    for (let at = 0; at < file.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = Buffer.from(file);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        if (isOpened(changed)) accepted.push(at);
      }
    }
    assert.deepEqual(accepted, []);
  });

  it('is refused wherever it is cut off', () => {
    for (let length = 0; length < file.length; length += 1) {
      assert.throws(() => open(file.subarray(0, length)), refusedAs('truncated'), `at ${length}`);
    }
  });

  it('is refused with something after it', () => {
    assert.throws(() => open(Buffer.concat([file, Buffer.of(0)])), refusedAs('inconsistent'));
  });

  it('is refused where its key is not held', () => {
    assert.throws(() => openWith(file, new Map()), refusedAs('unknown_key'));
  });

  it('is refused under a key that is not for signatures', () => {
    const { publicKey } = generateKeyPairSync('x25519');
    assert.throws(() => openWith(file, new Map([['Abc1', publicKey]])), refusedAs('unknown_key'));
  });

  it('is refused under another key of the same name', () => {
    const other = createPublicKey(privateKeyOf(testKey('Abc1', 50)));
    assert.throws(() => openWith(file, new Map([['Abc1', other]])), refusedAs('bad_signature'));
  });

  it('is refused in another version, and where it is something else', () => {
    const versioned = resigned(file, (copy) => copy.writeUInt8(2, 4));
    assert.throws(() => open(versioned), refusedAs('wrong_version'));
    const other = resigned(file, (copy) => copy.write('PK', 0));
    assert.throws(() => open(other), refusedAs('wrong_version'));
  });
});

function isOpened(file: Buffer): boolean {
  try {
    open(file);
    return true;
  } catch (error) {
    assert.ok(error instanceof Error && error.name === 'BlockListError', String(error));
    return false;
  }
}

describe('a file that is signed and yet wrong', () => {
  type Change = readonly [what: string, code: BlockListErrorCode, change: (copy: Buffer) => void];
  const GROUPS_AT = 64;

  const inBase: readonly Change[] = [
    ['a kind that there is not', 'inconsistent', (copy) => copy.writeUInt8(3, 5)],
    ['no remainder bits', 'inconsistent', (copy) => copy.writeUInt8(0, 6)],
    ['too many remainder bits', 'inconsistent', (copy) => copy.writeUInt8(21, 6)],
    ['a policy that there is not', 'inconsistent', (copy) => copy.writeUInt8(2, 7)],
    ['no sequence', 'inconsistent', (copy) => copy.writeUInt32BE(0, 8)],
    ['a list that it goes on from', 'inconsistent', (copy) => copy.writeUInt32BE(1, 12)],
    ['a time after all times', 'inconsistent', (copy) => copy.writeBigUInt64BE(2n ** 63n, 16)],
    ['a longer life', 'inconsistent', (copy) => copy.writeBigUInt64BE(copy.readBigUInt64BE(24) + 1n, 24)],
    ['more codes than its filter', 'inconsistent', (copy) => copy.writeUInt32BE(129, 36)],
    ['more codes than there may be', 'too_large', (copy) => copy.writeUInt32BE(2 ** 26 + 1, 36)],
    ['codes removed', 'inconsistent', (copy) => copy.writeUInt32BE(1, 40)],
    ['fewer orders', 'too_large', (copy) => copy.writeUInt32BE(0, 44)],
    ['more orders', 'inconsistent', (copy) => copy.writeUInt32BE(3, 44)],
    ['more orders than there may be', 'too_large', (copy) => copy.writeUInt32BE(100_001, 44)],
    ['fewer groups', 'inconsistent', (copy) => copy.writeUInt16BE(1, 48)],
    ['more groups', 'inconsistent', (copy) => copy.writeUInt16BE(3, 48)],
    ['a group with no letters', 'inconsistent', (copy) => copy.write('MILK', GROUPS_AT + 1)],
    ['a group whose name is longer', 'inconsistent', (copy) => copy.writeUInt8(255, GROUPS_AT)],
    ['orders without the last newline', 'inconsistent', (copy) => copy.writeUInt8(0x30, copy.length - 1)],
    [
      'orders out of order',
      'inconsistent',
      (copy) => copy.write('9', copy.length - ((ORDERED[0]?.length ?? 0) + 1) * 2),
    ],
  ];
  for (const [what, code, change] of inBase) {
    it(`is refused: a base with ${what}`, async () => {
      const file = await base(codes(4), { exact: ORDERED });
      assert.throws(() => open(resigned(file, change)), refusedAs(code));
    });
  }

  const inDelta: readonly Change[] = [
    ['remainder bits', 'inconsistent', (copy) => copy.writeUInt8(19, 6)],
    ['itself to go on from', 'inconsistent', (copy) => copy.writeUInt32BE(2, 12)],
    ['fewer codes added', 'inconsistent', (copy) => copy.writeUInt32BE(1, 36)],
    ['more codes removed', 'inconsistent', (copy) => copy.writeUInt32BE(4, 40)],
    ['more codes than there may be', 'too_large', (copy) => copy.writeUInt32BE(1_000_001, 36)],
    ['codes out of order', 'inconsistent', (copy) => copy.writeBigUInt64BE(0n, copy.length - 8)],
  ];
  for (const [what, code, change] of inDelta) {
    it(`is refused: a delta with ${what}`, async () => {
      const file = await delta(2, { added: codes(2), removed: codes(3, 50) });
      const first = await base(codes(4));
      assert.throws(() => open(first, resigned(file, change)), refusedAs(code));
    });
  }

  it('is opened where nothing was changed', async () => {
    const file = await base(codes(4), { exact: ORDERED });
    const next = await delta(2, { added: codes(2), removed: codes(3, 50) });
    assert.equal(
      open(
        resigned(file, () => {}),
        resigned(next, () => {}),
      ).sequence,
      2,
    );
  });
});

describe('the writer of block lists', () => {
  const refused: readonly (readonly [what: string, write: () => Promise<Buffer>])[] = [
    ['a sequence of 0', () => base([], { sequence: 0 })],
    ['a delta that goes on from itself', () => delta(2, { previous: 2 })],
    ['a code both added and removed', () => delta(2, { added: codes(2), removed: codes(1) })],
    ['a code both ordered and removed', () => delta(2, { exact: codes(1), removed: codes(1) })],
    ['an order named twice', () => base([], { exact: [...codes(1), ...codes(1)] })],
    ['an order with a newline in it', () => base([], { exact: ['0104870000100019\n21a'] })],
    ['a group that is none', () => base([], { groups: { byGroup: new Map([['Milk', 'open']]), otherwise: 'open' } })],
    ['a key id of another length', () => base([], { signer: createListSigner({ ...KEY, keyId: 'Abc' }) })],
    [
      'a signature of another length',
      () => base([], { signer: { keyId: 'Abc1', sign: async () => Buffer.alloc(63) } }),
    ],
  ];
  for (const [what, write] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(write, RangeError);
    });
  }

  it('refuses more orders than there may be', async () => {
    await assert.rejects(base([], { exact: codes(100_001) }), refusedAs('too_large'));
  });
});
