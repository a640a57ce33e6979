import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TanbaError } from '../../src/core/errors.ts';
import { jsonErrorPosition, parseJson } from '../../src/routes/json-text.ts';

describe('JSON text', () => {
  it('gives what was written, for any value; only with a key __proto__ it refuses', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        // A string may hold the same characters, never the key's closing quote and colon.
        if (text.includes('"__proto__":')) {
          assert.throws(() => parseJson(Buffer.from(text)), isCode('request.forbidden_key'));
        } else {
          assert.equal(JSON.stringify(parseJson(Buffer.from(text))), text);
        }
      }),
      { numRuns: 1_000, examples: [[JSON.parse('[{"__proto__":""}]')]] },
    );
  });

  it('never breaks on bytes, whatever they are: a value or a refusal of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.ok(succeedsOrRefuses(Buffer.from(bytes)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never breaks on damaged JSON', () => {
    const damaged = fc
      .tuple(
        fc.jsonValue(),
        fc.nat(),
        fc.constantFrom('', '"', '\\', '{', ']', ',', ':', '\u0000', '\ud800', '01', 'e'),
      )
      .map(([value, at, piece]) => {
        const text = JSON.stringify(value);
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + piece + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(damaged, (text) => assert.ok(succeedsOrRefuses(Buffer.from(text)))),
      { numRuns: 2_000 },
    );
  });

  it('is broken at the first character that no JSON text could go on with', () => {
    const almostJson = fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"',
          '"a"',
          '\\',
          '\\u12',
          '1',
          '0',
          '-',
          '.5',
          'e+',
          'true',
          'nul',
          ' ',
          '\n',
        ),
        {
          maxLength: 12,
        },
      )
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(almostJson, (text) => {
        const message = errorOf(text);
        if (message === undefined) return;
        const position = jsonErrorPosition(text);
        // Up to the place another text could still become JSON; V8 says so by naming the end of the input.
        const before = errorOf(text.slice(0, position));
        assert.ok(
          before === undefined || isEnding(before, position),
          `${JSON.stringify(text)} at ${position}: ${before}`,
        );
        const through = errorOf(text.slice(0, position + 1));
        assert.ok(
          position === text.length || !isEnding(through ?? '', position + 1),
          `${text} at ${position}: ${through}`,
        );
      }),
      { numRuns: 5_000 },
    );
  });

  it('is not broken by depth', () => {
    const deep = '['.repeat(1_000_000);
    assert.equal(jsonErrorPosition(deep), deep.length);
    assert.throws(() => parseJson(Buffer.from(deep)), isCode('request.malformed_json'));
  });

  it('names the line, the column and the character of the fault', () => {
    assert.deepEqual(detailsOf('{"a": 1,\n "b": x}'), { position: 15, line: 2, column: 7 });
  });

  it('names the first byte that is no UTF-8', () => {
    assert.deepEqual(detailsOf(Buffer.concat([Buffer.from('"таңба'), Buffer.from([0xff, 0x22])])), { position: 11 });
  });
});

function succeedsOrRefuses(bytes: Buffer): boolean {
  try {
    parseJson(bytes);
    return true;
  } catch (error) {
    return error instanceof TanbaError && error.code.startsWith('request.');
  }
}

function errorOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

/** Whether V8 complains only that the text ended too early. */
function isEnding(message: string, length: number): boolean {
  return message === 'Unexpected end of JSON input' || message.endsWith(`at position ${length}`);
}

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof TanbaError && error.code === code;
}

function detailsOf(input: string | Buffer): unknown {
  try {
    parseJson(Buffer.from(input));
    return undefined;
  } catch (error) {
    return error instanceof TanbaError ? error.options.details : error;
  }
}
