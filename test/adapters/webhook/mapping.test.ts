import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bodyMapper } from '../../../src/adapters/webhook/mapping.ts';
import { maskText, maskUrl } from '../../../src/adapters/webhook/masking.ts';
import { readSettings } from '../../../src/adapters/webhook/settings.ts';
import { createValidation } from '../../../src/core/validation.ts';
import { dispatchTo, openAdapter, partnerAt } from './support.ts';

const FIELDS = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,10}$/);
const map = (envelope: unknown, fields: Readonly<Record<string, string>>): unknown => {
  const made = bodyMapper({ version: '1', fields })(Buffer.from(JSON.stringify(envelope)));
  return JSON.parse(made.toString('utf8'));
};
const escaped = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1');

describe('the mapping of an envelope', () => {
  it('is the envelope byte by byte where there is none', () => {
    const bytes = Buffer.from('{ "a" : 1 }');
    assert.equal(bodyMapper(undefined)(bytes), bytes);
  });

  // The examples of RFC 6901, section 5.
  const document = {
    foo: ['bar', 'baz'],
    '': 0,
    'a/b': 1,
    'c%d': 2,
    'e^f': 3,
    'g|h': 4,
    'i\\j': 5,
    'k"l': 6,
    ' ': 7,
    'm~n': 8,
  };
  for (const [pointer, value] of [
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
    ['/foo/-', null],
    ['/foo/00', null],
    ['/foo/2', null],
    ['/foo/length', null],
    ['/foo/0/0', null],
    ['/toString', null],
    ['/__proto__', null],
  ] as const) {
    it(`picks ${JSON.stringify(value)} by "${pointer}"`, () => {
      assert.deepEqual(map(document, { x: pointer }), { x: value });
    });
  }

  it('has each of its fields, whatever the envelope and the pointers are', () => {
    const pointer = fc.array(fc.string()).map((tokens) => tokens.map((token) => `/${escaped(token)}`).join(''));
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(FIELDS, pointer, { minKeys: 1 }), (envelope, fields) => {
        const made = map(envelope, fields);
        assert.ok(typeof made === 'object' && made !== null);
        assert.deepEqual(Object.keys(made).sort(), Object.keys(fields).sort());
      }),
    );
  });

  it('finds what stands at a path, whatever its names are', () => {
    const names = fc.array(
      fc.string().filter((name) => name !== '__proto__'),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(names, fc.jsonValue(), (path, value) => {
        const envelope = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
        const pointer = path.map((name) => `/${escaped(name)}`).join('');
        assert.deepEqual(map(envelope, { x: pointer }), JSON.parse(JSON.stringify({ x: value })));
      }),
    );
  });
});

describe('the settings of a webhook', () => {
  const adapter = openAdapter();
  const problemsOf = createValidation().json(adapter.settings);
  const withPointer = (pointer: string) => ({
    url: 'https://a.kz/',
    mapping: { version: '1', fields: { x: pointer } },
  });

  for (const pointer of ['', '/', '/a/0', '/~0~1', '/қазақ']) {
    it(`take the pointer "${pointer}"`, () => {
      assert.deepEqual(problemsOf(withPointer(pointer)), []);
      assert.doesNotThrow(() => readSettings(withPointer(pointer)));
    });
  }

  for (const pointer of ['a', 'a/b', '/~', '/~2', '#/a', '/\u0000', '/\ud800']) {
    it(`refuse the pointer ${JSON.stringify(pointer)}, and say where it stands`, () => {
      assert.equal(problemsOf(withPointer(pointer))[0]?.path, '/mapping/fields/x');
      assert.throws(() => readSettings(withPointer(pointer)), {
        code: 'webhooks.settings_invalid',
        options: { path: '/mapping/fields/x' },
      });
    });
  }

  for (const settings of [
    {},
    { url: 'ftp://a.kz' },
    { url: 'https://' },
    { url: 'https://a.kz', more: 1 },
    { url: 'https://a.kz', mapping: { version: '', fields: { x: '' } } },
    { url: 'https://a.kz', mapping: { version: '1', fields: {} } },
    { url: 'https://a.kz', mapping: { version: '1', fields: { 'a b': '' } } },
  ]) {
    it(`refuse ${JSON.stringify(settings)}`, () => {
      assert.throws(() => readSettings(settings), { name: 'TanbaError' });
    });
  }

  it('are tried in a dry run', () => {
    const dispatch = dispatchTo(partnerAt('https://a.kz'));
    assert.equal(adapter.render(dispatch, withPointer('/type')).toString(), '{"x":"document.accepted"}');
    assert.throws(() => adapter.render(dispatch, withPointer('type')), { code: 'webhooks.settings_invalid' });
  });
});

describe('what is kept of an attempt', () => {
  it('has no twelve digits in a row, wherever they stand', () => {
    const digits = fc.stringMatching(/^[0-9]{12}$/);
    const others = fc.stringMatching(/^[^0-9]{0,20}$/);
    fc.assert(
      fc.property(others, digits, others, (before, number, after) => {
        assert.ok(!maskText(`${before}${number}${after}`).includes(number));
      }),
    );
  });

  it('has no name, password or token of a URL', () => {
    const masked = maskUrl(new URL('https://user:pass@a.kz:8443/hook/180540001239?token=s3cret&token=2&x#part'));
    assert.equal(masked, 'https://a.kz:8443/hook/********1239?token=***&x=***');
  });
});
