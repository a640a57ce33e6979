import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TanbaError } from '../../src/core/errors.ts';
import { parseLine, readLines } from '../../src/core/ndjson.ts';

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, chunk = 7, maxBytes?: number): Promise<[number, string][]> {
  const found: [number, string][] = [];
  for await (const lines of readLines(chunksOf(bytes, chunk), maxBytes)) {
    for (const line of lines) found.push([line.number, line.bytes.toString('utf8')]);
  }
  return found;
}

const refusedAt = (code: string) => (error: unknown) => {
  assert.ok(error instanceof TanbaError);
  assert.deepEqual([error.code, error.options.path], [code, '/lines/5']);
  return true;
};
const line = (bytes: Buffer) => ({ number: 5, bytes });

describe('NDJSON', () => {
  it('reads the same lines however the bytes are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).map((text) => JSON.stringify(text)),
          { maxLength: 10 },
        ),
        fc.integer({ min: 1, max: 20 }),
        async (lines, chunk) => {
          const bytes = Buffer.from(lines.join('\n'));
          assert.deepEqual(
            await read(bytes, chunk),
            lines.map((text, index) => [index + 1, text]),
          );
        },
      ),
    );
  });

  it('numbers lines as an editor does, empty ones and those with Windows line ends too', async () => {
    assert.deepEqual(await read(Buffer.from('"a"\r\n\n \t\n"b"')), [
      [1, '"a"\r'],
      [4, '"b"'],
    ]);
  });

  it('needs no newline behind the last line', async () => {
    assert.deepEqual(await read(Buffer.from('1\n2')), [
      [1, '1'],
      [2, '2'],
    ]);
  });

  it('finds nothing in nothing', async () => {
    assert.deepEqual(await read(Buffer.alloc(0)), []);
  });

  for (const [where, text] of [
    ['finished', `ok\n${'x'.repeat(11)}\n`],
    ['that never ends', `ok\n${'x'.repeat(99)}`],
  ] as const) {
    it(`refuses a line over the limit, ${where}, by its number`, async () => {
      await assert.rejects(read(Buffer.from(text), 4, 10), (error) => {
        assert.ok(error instanceof TanbaError);
        assert.deepEqual([error.code, error.options.details?.['line']], ['documents.line_too_long', 2]);
        return true;
      });
    });
  }

  it('takes a line of exactly the limit', async () => {
    assert.deepEqual(await read(Buffer.from('x'.repeat(10)), 3, 10), [[1, 'x'.repeat(10)]]);
  });

  it('refuses bytes that are no UTF-8, with the line', () => {
    assert.throws(() => parseLine(line(Buffer.from([0x22, 0xff, 0x22]))), refusedAt('request.invalid_utf8'));
  });

  it('refuses broken JSON, with the line', () => {
    assert.throws(() => parseLine(line(Buffer.from('{"a":'))), refusedAt('documents.line_malformed'));
  });

  it('gives back every JSON value', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.deepEqual(parseLine(line(Buffer.from(text))), JSON.parse(text));
      }),
    );
  });
});
