import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openBlockList } from '../../src/core/blocklist/reader.ts';
import { base, ISSUED_AT } from '../blocklist/lists.ts';

const SUSPECTED = '010487000010001921abcdefghijk01';
const ORDERED = '010487000010001921abcdefghijk02';
const HEX_LINE = /^(\d{4}) {2}((?:[0-9a-f]{2} ?)+)(?: |$)/gm;

describe('the example of docs/block-list.md', () => {
  const page = readFileSync(new URL('../../docs/block-list.md', import.meta.url), 'utf8');
  const [publicKey = ''] = /-----BEGIN PUBLIC KEY-----[\s\S]*?-----END PUBLIC KEY-----/.exec(page) ?? [];
  const lines = [...page.matchAll(HEX_LINE)].map(([, at = '', hex = '']) => ({
    at: Number(at),
    bytes: Buffer.from(hex.replaceAll(' ', ''), 'hex'),
  }));
  const file = Buffer.concat(lines.map(({ bytes }) => bytes));

  it('is what the writer writes', async () => {
    assert.equal(file.toString('hex'), (await base([SUSPECTED], { exact: [ORDERED] })).toString('hex'));
  });

  it('has each line where it says', () => {
    let at = 0;
    for (const line of lines) {
      assert.equal(line.at, at);
      at += line.bytes.length;
    }
  });

  it('is read with the key of the page', () => {
    const publicKeys = new Map([['Abc1', createPublicKey(publicKey)]]);
    const list = openBlockList({ base: file, deltas: [], publicKeys, now: ISSUED_AT });
    const verdicts = [SUSPECTED, ORDERED, `${ORDERED.slice(0, -1)}3`].map(
      (cis) => list.ask(cis, 'milk', ISSUED_AT).verdict,
    );
    assert.deepEqual(verdicts, ['suspected', 'blocked', 'clear']);
  });
});
