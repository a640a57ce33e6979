import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { keyOf, makeSecret, signatureHeaders, verify } from '../../../src/adapters/webhook/signature.ts';

/** Of the test suite of Standard Webhooks. */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  at: new Date(1_614_265_330_000),
  body: Buffer.from('{"test": 2432232314}'),
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe('the signature of a webhook', () => {
  const { secret, id, at, body } = VECTOR;
  const headers = signatureHeaders([keyOf(secret)], id, at, body);
  const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);

  it('is that of Standard Webhooks', () => {
    assert.deepEqual(headers, {
      'webhook-id': id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': VECTOR.signature,
    });
  });

  it('is verified', () => {
    assert.ok(verify([secret], headers, body, at));
  });

  it('is one for each secret while one replaces the other', () => {
    const [old, fresh] = [makeSecret(), makeSecret()];
    const both = signatureHeaders([keyOf(fresh), keyOf(old)], id, at, body);
    assert.equal(both['webhook-signature'].split(' ').length, 2);
    assert.deepEqual([verify([old], both, body, at), verify([fresh], both, body, at)], [true, true]);
    assert.ok(!verify([makeSecret()], both, body, at));
  });

  for (const [seconds, good] of [
    [300, true],
    [301, false],
    [-300, true],
    [-301, false],
  ] as const) {
    it(`is ${good ? 'good' : 'no good'} ${seconds} s after it was made`, () => {
      assert.equal(verify([secret], headers, body, later(seconds)), good);
    });
  }

  it('holds for no other body, id or time', () => {
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const other = Buffer.from(body);
        other[place] = (other[place] ?? 0) ^ change;
        assert.ok(!verify([secret], headers, other, at));
      }),
    );
    assert.ok(!verify([secret], { ...headers, 'webhook-id': `${id}x` }, body, at));
    assert.ok(!verify([secret], { ...headers, 'webhook-timestamp': '1614265331' }, body, at));
  });

  for (const [name, value] of [
    ['webhook-signature', undefined],
    ['webhook-signature', ''],
    ['webhook-signature', VECTOR.signature.replace('v1', 'v2')],
    ['webhook-signature', 'v1,'],
    ['webhook-timestamp', 'now'],
    ['webhook-id', undefined],
  ] as const) {
    it(`is refused with ${name} ${value}`, () => {
      assert.ok(!verify([secret], { ...headers, [name]: value }, body, at));
    });
  }

  it('is verified by the few lines of the README', () => {
    const page = readFileSync(new URL('../../../src/adapters/webhook/README.md', import.meta.url), 'utf8');
    const [, program = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    const now = new Date();
    const call = (given: Buffer): string => {
      const signed = signatureHeaders([keyOf(secret)], id, now, body);
      const input = JSON.stringify({ secret, headers: signed, body: given.toString() });
      const script = `${program}\nimport { readFileSync } from 'node:fs';
        const { secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'));
        console.log(isGenuine(secret, headers, Buffer.from(body)));`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { input, encoding: 'utf8' });
      return run.stdout.trim() || run.stderr;
    };
    assert.deepEqual([call(body), call(Buffer.from('{}'))], ['true', 'false']);
  });
});

describe('the secret of a webhook', () => {
  it('is 32 random bytes in Base64 behind whsec_', () => {
    const secret = makeSecret();
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.notEqual(secret, makeSecret());
    assert.equal(keyOf(secret).symmetricKeySize, 32);
  });

  it('is refused without its prefix', () => {
    assert.throws(() => keyOf('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'), RangeError);
  });
});
