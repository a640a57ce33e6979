import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { createMac } from '../../src/core/codes/mac.ts';

const ascii = (maxLength: number) => fc.string({ unit: 'binary-ascii', maxLength });

describe('the keyed code of a text', () => {
  it('is HMAC-SHA-256 of prefix and text, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), ascii(60), ascii(100), (secret, prefix, text) => {
        const expected = createHmac('sha256', secret)
          .update(prefix + text)
          .digest('base64');
        assert.equal(createMac(secret, prefix)(text), expected);
      }),
    );
  });

  it('does not remember a longer text before it', () => {
    const mac = createMac(Buffer.alloc(32, 7), 'p');
    mac('a much longer text than the next');
    assert.equal(mac('x'), createMac(Buffer.alloc(32, 7), 'p')('x'));
  });

  it('refuses a text that does not fit', () => {
    assert.throws(() => createMac(Buffer.alloc(32), 'p')('x'.repeat(256)), RangeError);
  });

  it('refuses a key longer than a block', () => {
    assert.throws(() => createMac(Buffer.alloc(65), ''), RangeError);
  });
});
