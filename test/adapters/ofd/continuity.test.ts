import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Continuity,
  continuityOf,
  type Presented,
  type Progress,
} from '../../../src/adapters/ofd/registers/continuity.ts';

const digest = Buffer.from('first');
const other = Buffer.from('other');
const LAST = { token: 100, requestNumber: 7, command: 1, digest };
const PROGRESS: Progress = { token: 200, last: LAST };
const next = (missed = 0): Continuity => ({ kind: 'next', missed });
const refused = (result: 'invalid_token' | 'invalid_request_number' | 'invalid_retry'): Continuity => ({
  kind: 'refused',
  result,
});

const CASES: readonly (readonly [string, Partial<Presented>, Continuity])[] = [
  ['the next number under the present token is the next request', { token: 200, requestNumber: 8 }, next()],
  ['numbers left out are counted', { token: 200, requestNumber: 12 }, next(4)],
  ['the last number under the last token with the same body is a repetition', {}, { kind: 'repeated' }],
  ['the same with another body is result 9', { digest: other }, refused('invalid_retry')],
  ['the same with another command is result 9', { command: 2 }, refused('invalid_retry')],
  ['the last number under the present token is result 8', { token: 200 }, refused('invalid_request_number')],
  [
    'an earlier number under the present token is result 8',
    { token: 200, requestNumber: 6 },
    refused('invalid_request_number'),
  ],
  ['a later number under the last token goes on: the answer with the new one was lost', { requestNumber: 8 }, next()],
  ['an earlier number under the last token is result 8', { requestNumber: 6 }, refused('invalid_request_number')],
  ['any other token is result 2, whatever its number', { token: 300, requestNumber: 8 }, refused('invalid_token')],
];

describe('the conversation with a cash register', () => {
  for (const [title, changes, expected] of CASES) {
    it(title, () => {
      assert.deepEqual(continuityOf(PROGRESS, { ...LAST, ...changes }), expected);
    });
  }

  it('counts on from 65535 to 0', () => {
    const progress = { token: 200, last: { ...LAST, requestNumber: 65_535 } };
    assert.deepEqual(continuityOf(progress, { ...LAST, token: 200, requestNumber: 0 }), next());
  });

  it('begins with any number under the first token', () => {
    const first = { token: 5, last: null };
    assert.deepEqual(continuityOf(first, { ...LAST, token: 5, requestNumber: 4_711 }), next());
    assert.deepEqual(continuityOf(first, LAST), refused('invalid_token'));
  });

  it('answers a request at most once as the next one, however often and in whatever order requests come again', () => {
    const request = fc.record({
      number: fc.integer({ min: 0, max: 40 }),
      staleness: fc.integer({ min: 0, max: 3 }),
      body: fc.constantFrom(digest, other),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const tokens = [1];
        let last: Progress['last'] = null;
        const answered = new Set<string>();
        for (const { number, staleness, body } of requests) {
          const token = tokens.at(-1 - staleness) ?? -1;
          const presented = { token, requestNumber: number, command: 1, digest: body };
          const verdict = continuityOf({ token: tokens.at(-1) ?? 0, last }, presented);
          if (verdict.kind !== 'next') continue;
          const key = `${token} ${number}`;
          assert.ok(!answered.has(key), `${key} twice`);
          answered.add(key);
          last = presented;
          tokens.push(tokens.length + 1);
        }
      }),
    );
  });
});
