import assert from 'node:assert/strict';
import fc from 'fast-check';
import { maskedExcerpt, maskJson, maskSecrets, maskText } from '../../../src/exchange/operator/masking.ts';

const SHOWN = [
  ['180540001239', '********1239'],
  ['БИН 180540001239, ИИН 870101300123.', 'БИН ********1239, ИИН ********0123.'],
  ['+7 701 234 56 78', '***'],
  ['8 (701) 234-56-78', '***'],
  ['tel:87012345678', 'tel:***'],
  ['+1 202 555 0143', '***'],
  ['aigerim.b@example.kz', '***@example.kz'],
  ['пошта@мысал.қаз', '***@мысал.қаз'],
] as const;

const LEFT = [
  '04870000100019',
  '87123456789012',
  '010487000010001921abcdefghijklm',
  '019ab8e7-7c00-7000-8000-123456789012',
  '2026-11-24T10:00:00.000Z',
  '1764000000000',
];

describe('the masking of bodies', () => {
  for (const [text, masked] of SHOWN) {
    it(`shows ${text} as ${masked}`, () => assert.equal(maskText(text), masked));
  }

  for (const text of LEFT) {
    it(`leaves ${text} as it is`, () => assert.equal(maskText(text), text));
  }

  it('goes into every corner of a JSON value, names and numbers included', () => {
    assert.deepEqual(maskJson({ a: [{ b: 180540001239, '180540001239': 'x@y.kz' }], c: null, d: true, e: 5 }), {
      a: [{ b: '********1239', '********1239': '***@y.kz' }],
      c: null,
      d: true,
      e: 5,
    });
  });

  it('lets no twelve digits through, wherever they stand', () => {
    const around = fc.constantFrom('', ' ', 'a', '-', ':', '"', '/', '@', '+');
    const digits = fc.stringMatching(/^[0-9]{12}$/);
    fc.assert(
      fc.property(around, digits, around, (before, number, after) => {
        assert.ok(!maskText(`${before}${number}${after}`).includes(number));
      }),
    );
  });

  it('cuts a body only after it is masked', () => {
    const body = Buffer.from(`${'x'.repeat(95)}180540001239`);
    const text = maskedExcerpt(body, 100);
    assert.ok(!text.includes('18054'), text);
    assert.ok(text.endsWith('…'));
    assert.equal(maskedExcerpt(Buffer.from('short'), 100), 'short');
  });

  it('hides settings that look like secrets', () => {
    assert.deepEqual(maskSecrets({ url: 'https://x', auth: [{ password: 'p', apiKey: { a: 1 } }] }), {
      url: 'https://x',
      auth: [{ password: '***', apiKey: '***' }],
    });
  });
});
