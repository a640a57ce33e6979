import assert from 'node:assert/strict';
import { TanbaError } from '../../src/core/errors.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import { emitCodes, MANUFACTURER, openCirculation, prepareGoods, sscc, statusesOf } from '../support/goods.ts';

const SENDER = { bin: MANUFACTURER, role: 'manufacturer', ip: '127.0.0.1', idempotencyKey: undefined } as const;
const CODES_MAX = 100_000;
const CHUNK_BYTES = 65_536;
const HEADER = JSON.stringify({ kind: 'utilisation', body: { productionDate: '2026-01-10' } });

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

const linesOf = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`);
const quoted = (codes: readonly string[]): string[] => codes.map((code) => JSON.stringify(code));

describe('a document that comes as a stream of lines', () => {
  let store: TestDatabase;
  let circulation: Circulation;

  before(async () => {
    store = await createTestDatabase();
    await prepareGoods(store.db);
    circulation = openCirculation(store, movableClock(), { codesPerDocument: CODES_MAX });
  });
  after(async () => {
    await circulation.stop();
    await store.drop();
  });

  const send = (stream: AsyncIterable<Uint8Array>) => circulation.intake.acceptStream(SENDER, stream);

  async function sendLines(lines: readonly string[]) {
    const { documentId } = await send(chunksOf(linesOf(lines)));
    return circulation.finalState(documentId);
  }

  async function left(): Promise<unknown> {
    const { rows } = await store.db.query(
      'select (select count(*) from document) as documents, (select count(*) from document_part) as parts',
    );
    return rows[0];
  }

  /** The error that the stream is refused with; fails when anything of the document is left. */
  async function refusal(stream: AsyncIterable<Uint8Array>): Promise<TanbaError['options'] & { code: string }> {
    const before = await left();
    const error = await send(stream).then(
      () => assert.fail('the stream was accepted'),
      (cause: unknown) => cause,
    );
    assert.ok(error instanceof TanbaError, String(error));
    assert.deepEqual(await left(), before, 'a refused stream has left something');
    return { ...error.options, code: error.code };
  }

  it('is accepted with 100,000 codes', async function () {
    this.timeout(60_000);
    const codes = await emitCodes(store.db, CODES_MAX);
    const { status, problems } = await sendLines([HEADER, ...quoted(codes)]);
    assert.equal(status, 'accepted', JSON.stringify(problems.slice(0, 3)));
    const { rows } = await store.db.query<{ count: string }>(
      `select count(*) from code_history where event = 'applied'`,
    );
    assert.equal(rows[0]?.count, String(CODES_MAX));
  });

  it('is kept byte for byte', async () => {
    const bytes = linesOf([HEADER, ...quoted(await emitCodes(store.db, 3))]);
    const { documentId } = await send(chunksOf(bytes));
    await circulation.finalState(documentId);
    const { rows } = await store.db.query<{ body: Buffer }>(
      'select body from document_part where document_id = $1 order by part_no',
      [documentId],
    );
    assert.deepEqual(Buffer.concat(rows.map(({ body }) => body)), bytes);
  });

  it('is the same document when the same bytes come again', async () => {
    const bytes = linesOf([HEADER, ...quoted(await emitCodes(store.db, 2))]);
    const first = await send(chunksOf(bytes));
    assert.equal((await circulation.finalState(first.documentId)).status, 'accepted');
    assert.deepEqual(await send(chunksOf(bytes)), { documentId: first.documentId, status: 'accepted' });
  });

  it('may be a disaggregation, which has no further lines', async () => {
    const header = JSON.stringify({ kind: 'disaggregation', body: { sscc: sscc(4_001) } });
    const { status, problems } = await sendLines([header]);
    assert.deepEqual(
      [status, problems[0]?.code, problems[0]?.path],
      ['rejected', 'documents.code_not_found', '/body/sscc'],
    );
  });

  it('is refused for a wrong code by the line it stands on, empty lines counted', async () => {
    const [one = '', two = ''] = await emitCodes(store.db, 2);
    const unknown = `${one.slice(0, -3)}zzz`;
    const { status, problems } = await sendLines([HEADER, '', ...quoted([one]), '', ...quoted([unknown, two])]);
    assert.equal(status, 'rejected');
    assert.deepEqual(
      problems.map(({ code, path }) => [code, path]),
      [['documents.code_not_found', '/lines/5']],
    );
    assert.deepEqual(await statusesOf(store.db, [one, two]), ['emitted', 'emitted']);
  });

  it('answers the number of the line that is no JSON, far into the stream', async () => {
    const lines = [HEADER, ...Array.from({ length: 90_000 }, (_, index) => `"code-${index}"`)];
    lines[80_000 - 1] = '"broken';
    const { code, path, details } = await refusal(chunksOf(linesOf(lines)));
    assert.deepEqual([code, path, details?.['line']], ['documents.line_malformed', '/lines/80000', 80_000]);
  });

  it('answers the number of the line that is no UTF-8', async () => {
    const bytes = Buffer.concat([linesOf([HEADER, '"a"']), Buffer.from([0x22, 0xc3, 0x28, 0x22, 0x0a])]);
    const { code, path } = await refusal(chunksOf(bytes));
    assert.deepEqual([code, path], ['request.invalid_utf8', '/lines/3']);
  });

  it('is refused for a line that is too long', async () => {
    const { code, details } = await refusal(chunksOf(linesOf([HEADER, '"a"', `"${'x'.repeat(70_000)}"`])));
    assert.deepEqual([code, details?.['line']], ['documents.line_too_long', 3]);
  });

  it('is refused for a line that is no code', async () => {
    const { code, path } = await refusal(chunksOf(linesOf([HEADER, '"a"', '{"a":1}'])));
    assert.deepEqual([code, path], ['documents.code_malformed', '/lines/3']);
  });

  for (const [what, lines] of [
    ['is empty', []],
    ['begins with a code', ['"a"', '"b"']],
    [
      'begins with a header that lists codes',
      [JSON.stringify({ kind: 'utilisation', body: { productionDate: '2026-01-10', codes: ['a'] } })],
    ],
  ] as const) {
    it(`is refused when it ${what}`, async () => {
      assert.equal((await refusal(chunksOf(linesOf(lines)))).code, 'documents.header_missing');
    });
  }

  it('is refused when its first megabytes are empty lines, without waiting for the rest', async () => {
    let sent = 0;
    async function* empty(): AsyncGenerator<Uint8Array> {
      for (; sent < 100; sent++) yield Buffer.alloc(CHUNK_BYTES, '\n');
    }
    assert.equal((await refusal(empty())).code, 'documents.header_missing');
    assert.ok(sent < 50, `read ${sent} chunks`);
  });

  it('is refused for a header of an unknown kind, on its line', async () => {
    const { code, path } = await refusal(chunksOf(linesOf([JSON.stringify({ kind: 'gift', body: {} }), '"a"'])));
    assert.deepEqual([code, path], ['documents.unknown_kind', '/lines/1/kind']);
  });

  it('is refused without codes', async () => {
    assert.equal((await refusal(chunksOf(linesOf([HEADER])))).code, 'documents.no_codes');
  });

  it('is refused with more codes than the published limit, at the first one over it', async () => {
    const lines = [HEADER, ...Array.from({ length: CODES_MAX + 5 }, (_, index) => `"code-${index}"`)];
    const { code, path } = await refusal(chunksOf(linesOf(lines)));
    assert.deepEqual([code, path], ['documents.too_many_codes', `/lines/${CODES_MAX + 2}`]);
  });

  it('leaves nothing when it is cut off in the middle', async () => {
    const before = await left();
    async function* cutOff(): AsyncGenerator<Uint8Array> {
      // More than one part of the raw document is in the store by then.
      for (let part = 0; part < 20; part++) yield linesOf(part === 0 ? [HEADER] : quoted(Array(4_000).fill('a code')));
      throw new Error('connection reset');
    }
    await assert.rejects(send(cutOff()), /connection reset/);
    assert.deepEqual(await left(), before);
  });

  it('is forgotten when its hub died while it came in', async () => {
    const clock = movableClock();
    const hub = openCirculation(store, clock);
    const before = await left();
    await store.db.query(
      `insert into document (document_id, bucket, bin, kind, format, status, header, received_at)
       values ('01900000-0000-7000-8000-000000000001', 1, $1, 'utilisation', 'ndjson', 'receiving', '{}', $2)`,
      [MANUFACTURER, clock.now()],
    );
    clock.advance({ hours: 25 });
    await hub.intake.forgetAbandoned();
    assert.deepEqual(await left(), before);
    await hub.stop();
  });
});
