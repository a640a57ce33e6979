import assert from 'node:assert/strict';
import Type, { type TSchema } from 'typebox';
import { errorText } from '../../src/core/errors.ts';
import { createValidation } from '../../src/core/validation.ts';

const closed = { additionalProperties: false };
const KIND = Type.Union([Type.Literal('sale'), Type.Literal('purchase')]);
const BRANCHES = Type.Union([
  Type.Object({ kind: Type.Literal('one'), codes: Type.Array(Type.String({ minLength: 2 })) }, closed),
  Type.Object({ kind: Type.Literal('two'), sscc: Type.String() }, closed),
]);

describe('validation', () => {
  const validation = createValidation();
  const first = (schema: TSchema, value: unknown) => validation.json(schema)(value)[0];

  it('finds nothing wrong with what is right', () => {
    assert.deepEqual(validation.json(BRANCHES)({ kind: 'two', sscc: '1' }), []);
  });

  const cases: readonly (readonly [string, TSchema, unknown, string, string])[] = [
    ['a missing value', Type.Object({ a: Type.String() }), {}, 'request.value_missing', '/a'],
    ['an unexpected value', Type.Object({}, closed), { 'a/b~c': 1 }, 'request.value_unexpected', '/a~1b~0c'],
    ['a wrong type', Type.Object({ a: Type.Integer() }), { a: '1' }, 'request.value_type', '/a'],
    ['a fraction', Type.Integer(), 1.5, 'request.value_type', ''],
    ['a number too small', Type.Integer({ minimum: 1 }), 0, 'request.value_range', ''],
    ['a number too large', Type.Integer({ maximum: 1 }), 2, 'request.value_range', ''],
    ['a text too short', Type.String({ minLength: 1 }), '', 'request.value_length', ''],
    ['a text too long', Type.String({ maxLength: 1 }), 'ab', 'request.value_length', ''],
    ['a wrong pattern', Type.String({ pattern: '^[0-9]$' }), 'x', 'request.value_format', ''],
    ['a day that is none', Type.String({ format: 'date' }), '2026-02-30', 'request.value_format', ''],
    ['a step', Type.Integer({ multipleOf: 5 }), 7, 'request.value_format', ''],
    ['a value outside a list', Type.Enum(['a', 'b']), 'c', 'request.value_choice', ''],
    ['a value outside a union of literals', Type.Object({ k: KIND }), { k: 'x' }, 'request.value_choice', '/k'],
    ['a wrong literal', Type.Literal('a'), 'b', 'request.value_choice', ''],
    ['an empty list', Type.Array(Type.String(), { minItems: 1 }), [], 'request.items_count', ''],
    ['a list too long', Type.Array(Type.String(), { maxItems: 1 }), ['a', 'b'], 'request.items_count', ''],
    ['a repeated item', Type.Array(Type.String(), { uniqueItems: true }), ['a', 'a'], 'request.items_repeated', ''],
    [
      'the fault inside the branch that fits',
      BRANCHES,
      { kind: 'one', codes: ['x'] },
      'request.value_length',
      '/codes/0',
    ],
    ['a value that fits no branch', BRANCHES, 7, 'request.value_shape', ''],
  ];
  for (const [name, schema, value, code, path] of cases) {
    it(`tells of ${name} and where it is`, () => {
      const problem = first(schema, value);
      assert.deepEqual([problem?.code, problem?.path], [code, path]);
    });
    it(`fills all that its texts say about ${name}`, () => {
      const problem = first(schema, value);
      assert.ok(problem);
      for (const language of ['kk', 'ru', 'en'] as const) {
        assert.doesNotMatch(errorText(problem.code, language, problem.details), /\{\w+\}/);
      }
    });
  }

  it('lists the choices', () => {
    assert.deepEqual(first(KIND, 'x')?.details, { allowed: 'sale, purchase' });
  });

  it('repeats no more than the beginning of a name that the caller made up', () => {
    const problem = first(Type.Object({}, closed), { ['x'.repeat(100_000)]: 1 });
    assert.equal(problem?.path?.length, 101);
  });

  it('is not taken in by names that every object has', () => {
    assert.equal(first(Type.Object({ toString: Type.String() }), {})?.code, 'request.value_missing');
  });

  for (const limit of ['1e400', 'Infinity', '-1e400', 'NaN', '1e30', '0x10000']) {
    it(`finds ${limit} out of the range of a parameter`, () => {
      const check = validation.parameters(
        Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 1_000 }) }),
        '/query',
      );
      assert.equal(check({ limit })[0]?.path, '/query/limit');
    });
  }

  it('turns parameters into numbers and truth values, and bodies never', () => {
    const query = { count: '5', all: 'true' };
    const schema = Type.Object({ count: Type.Integer(), all: Type.Boolean() });
    assert.deepEqual(validation.parameters(schema, '/query')(query), []);
    assert.deepEqual(query, { count: 5, all: true });
    assert.equal(first(schema, { count: '5', all: true })?.code, 'request.value_type');
  });
});
