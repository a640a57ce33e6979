import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import fc from 'fast-check';
import { CSET_82 } from '../../src/core/codes/charset.ts';
import { createTailCheck, createTailMaker, type SigningKey } from '../../src/core/codes/tail.ts';
import { algorithmOf, type CodeTemplate, TAIL_FORMS, type TailForm } from '../../src/core/codes/template.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { samples } from './code-samples.ts';

function templateWith(tail: TailForm): CodeTemplate {
  return { name: 'sample', serialLength: 13, tail };
}

function keyFor(tail: TailForm, keyId = 'k9Zx'): SigningKey {
  const algorithm = algorithmOf({ tail });
  if (algorithm !== 'ed25519') return { keyId, algorithm, secret: randomBytes(32) };
  return {
    keyId,
    algorithm,
    secret: generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
}

const LENGTHS: Readonly<Record<TailForm, number>> = { 'key-and-signature-88': 88, 'key-and-code-44': 44, 'code-4': 4 };
const CIS = '010487000000001221aB3dE6gH9jKlM';

for (const form of TAIL_FORMS) {
  describe(`a tail ${form}`, () => {
    const key = keyFor(form);
    const make = createTailMaker(templateWith(form), key);
    const isRight = createTailCheck(key);
    const tail = make(CIS);

    it('has the length of its form', () => {
      assert.equal(tail.value.length, LENGTHS[form]);
    });

    it('is right for its code, whatever the serial', async () => {
      await fc.assert(fc.asyncProperty(samples, async ({ cis }) => await isRight(cis, make(cis).value)));
    });

    it('is the same every time', () => {
      assert.deepEqual(make(CIS), tail);
    });

    it('is wrong with any one character changed to any other', async () => {
      const accepted: string[] = [];
      for (let at = 0; at < tail.value.length; at += 1) {
        for (const character of form === 'key-and-signature-88' && at < 84 ? 'aZ0' : CSET_82) {
          const changed = tail.value.slice(0, at) + character + tail.value.slice(at + 1);
          if (changed !== tail.value && (await isRight(CIS, changed))) accepted.push(changed);
        }
      }
      assert.deepEqual(accepted, []);
    });

    it('is wrong for a code of which one character was changed', async () => {
      const index = fc.nat({ max: CIS.length - 1 });
      await fc.assert(
        fc.asyncProperty(index, fc.constantFrom(...CSET_82), async (at, character) => {
          fc.pre(CIS[at] !== character);
          return !(await isRight(CIS.slice(0, at) + character + CIS.slice(at + 1), tail.value));
        }),
      );
    });

    it('is wrong under the same secret with another key id', async () => {
      assert.equal(await createTailCheck({ ...key, keyId: 'k9Zy' })(CIS, tail.value), false);
    });

    it('is wrong under another secret', async () => {
      assert.equal(await createTailCheck(keyFor(form))(CIS, tail.value), false);
    });

    it('is refused and not thrown at, whatever text stands in its place', async () => {
      const texts = fc.string({ unit: 'binary', maxLength: 100 });
      await fc.assert(fc.asyncProperty(texts, async (value) => !(await isRight(CIS, value))));
    });

    it('is wrong in letters that only look the same in their low byte', async () => {
      const disguised = [...tail.value]
        .map((character) => String.fromCharCode(character.charCodeAt(0) + 0x100))
        .join('');
      assert.equal(await isRight(CIS, disguised), false);
    });

    it('is made under a key of its own algorithm only', () => {
      const other = TAIL_FORMS.find((candidate) => candidate !== form) ?? form;
      assert.throws(
        () => createTailMaker(templateWith(other), key),
        (error) => error instanceof TanbaError && error.code === 'keys.algorithm_differs',
      );
    });
  });
}

describe('a signature of 88 characters', () => {
  it('is verified by anyone with the public key alone', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const secret = privateKey.export({ format: 'der', type: 'pkcs8' });
    const key: SigningKey = { keyId: 'k9Zx', algorithm: 'ed25519', secret };
    const { value } = createTailMaker(templateWith('key-and-signature-88'), key)(CIS);
    const signed = Buffer.from(`tanba:tail:v1\0ed25519\0k9Zx\0${CIS}`);
    const published = createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }));
    assert.equal(verify(null, signed, published, Buffer.from(value, 'base64')), true);
  });
});
