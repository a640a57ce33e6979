import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IssueJournal, openIssueJournal } from '../../src/core/codes/issue-journal.ts';
import { type IssueEntry, JournalDamaged } from '../../src/core/codes/journal-format.ts';
import { movableClock } from '../support/clock.ts';

function entry(orderId: string): IssueEntry {
  return {
    orderId,
    bin: '180540001239',
    productGroup: 'milk',
    releaseMethodType: 'PRIMARY',
    orderedAt: '2026-11-24T09:00:00.000Z',
    idempotencyKey: null,
    requestDigest: null,
    gtin: '04870000000129',
    quantity: 3,
    serialNumberType: 'SELF_MADE',
    cisType: 'unit',
    template: { name: 'milk-6-4', serialLength: 6, serialPrefix: null },
    keyId: 'abcd',
    sealedSeed: null,
    serialNumbers: ['aaaaa"', 'бұзық', '\u2028\u0000'],
    consumed: 3,
    skipped: [],
  };
}

describe('the issue journal', () => {
  let folder: string;
  let opened: IssueJournal[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tanba-journal-'));
    opened = [];
  });

  afterEach(async () => {
    for (const journal of opened) await journal.close();
    await rm(folder, { recursive: true });
  });

  const file = (): string => join(folder, 'deep', 'issue-journal.ndjson');

  async function open(): Promise<IssueJournal> {
    const journal = await openIssueJournal({ folder: join(folder, 'deep'), clock: movableClock() });
    opened.push(journal);
    return journal;
  }

  async function ordersIn(journal: IssueJournal): Promise<string[]> {
    const orders: string[] = [];
    for await (const record of journal.readAll()) orders.push(record.entry.orderId);
    return orders;
  }

  it('keeps its entries, their order and its name over a new start', async () => {
    const first = await open();
    await first.append([entry('a'), entry('b')]);
    await first.append([entry('c')]);
    const second = await open();
    assert.equal(second.id, first.id);
    assert.deepEqual(second.state(), first.state());
    assert.deepEqual(await ordersIn(second), ['a', 'b', 'c']);
  });

  it('gives back an entry as it was', async () => {
    await (await open()).append([entry('a')]);
    for await (const record of (await open()).readAll()) assert.deepEqual(record.entry, entry('a'));
  });

  it('numbers entries that are appended at the same time one after another', async () => {
    const journal = await open();
    const places = await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append([entry(`o${i}`)])));
    assert.equal(journal.state().seq, 50);
    assert.ok(places.every((place) => place.seq >= 1 && place.seq <= 50));
    assert.equal((await ordersIn(await open())).length, 50);
  });

  it('leaves out a last line that a crash has torn, and writes over it', async () => {
    const journal = await open();
    await journal.append([entry('a')]);
    await appendFile(file(), '{"digest":"0123');
    const after = await open();
    assert.equal(after.damage(), undefined);
    await after.append([entry('b')]);
    assert.deepEqual(await ordersIn(await open()), ['a', 'b']);
  });

  it('opens without its last entry when the file ends anywhere inside it', async () => {
    const journal = await open();
    const whole = (await journal.append([entry('a')])).offset;
    await journal.append([entry('b')]);
    const bytes = await readFile(file());
    for (let end = whole; end < bytes.length; end += 37) {
      await writeFile(file(), bytes.subarray(0, end));
      assert.equal((await open()).state().seq, 1);
    }
  });

  for (const [what, change] of [
    ['a changed quantity', (text: string) => text.replace('"quantity":3', '"quantity":4')],
    ['a removed entry', (text: string) => text.split('\n').toSpliced(1, 1).join('\n')],
    ['swapped entries', (text: string) => swapLines(text, 1, 2)],
  ] as const) {
    it(`calls itself damaged after ${what}, and takes no further entry`, async () => {
      await (await open()).append([entry('a'), entry('b'), entry('c')]);
      await writeFile(file(), change(await readFile(file(), 'utf8')));
      const journal = await open();
      assert.match(journal.damage() ?? '', /damaged/);
      await assert.rejects(journal.append([entry('d')]), JournalDamaged);
    });
  }

  it('calls itself damaged without its header', async () => {
    await (await open()).append([entry('a')]);
    await writeFile(file(), 'something else\n');
    assert.match((await open()).damage() ?? '', /header/);
  });

  it('takes note of what another process has appended before it appends itself', async () => {
    const [one, two] = [await open(), await open()];
    await one.append([entry('a')]);
    await two.append([entry('b')]);
    await one.append([entry('c')]);
    assert.deepEqual(await ordersIn(await open()), ['a', 'b', 'c']);
  });

  it('is one file for two hubs that make it at the same time', async () => {
    const ids = (await Promise.all([open(), open(), open()])).map((journal) => journal.id);
    assert.equal(new Set(ids).size, 1);
  });
});

function swapLines(text: string, a: number, b: number): string {
  const lines = text.split('\n');
  return lines
    .with(a, lines[b] ?? '')
    .with(b, lines[a] ?? '')
    .join('\n');
}
