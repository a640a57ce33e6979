import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { TSchema } from 'typebox';
import type { ErrorCode, ErrorDetails, Problem } from './errors.ts';

/** What is wrong with a value: nothing, or the first fault with its place. */
export type Check = (value: unknown) => readonly Problem[];

export interface Validation {
  /** For JSON, where a number is a number. */
  json(schema: TSchema): Check;
  /** The same, with every fault up to `max`: only for values whose size is bounded. */
  allOf(schema: TSchema, max: number): Check;
  /** For parameters, which come as text: turned into what the schema asks for, unknown ones refused. */
  parameters(schema: TSchema, pathPrefix: string): Check;
}

// allErrors stays off: on hostile input the work must end at the first fault.
const OPTIONS = { strict: true, allErrors: false, ownProperties: true } as const;

/** Compiles each schema once, at start. */
export function createValidation(): Validation {
  const strict = new Ajv2020(OPTIONS);
  // "1e400" becomes Infinity, of which strictNumbers would ask no maximum.
  const coercing = new Ajv2020({ ...OPTIONS, coerceTypes: true, useDefaults: true, strictNumbers: false });
  const thorough = new Ajv2020({ ...OPTIONS, allErrors: true });
  ajvFormats.default(strict);
  ajvFormats.default(thorough);
  ajvFormats.default(coercing);
  return {
    json: (schema) => checkWith(strict.compile(schema), ''),
    allOf: (schema, max) => {
      const validate = thorough.compile(schema);
      return (value) => (validate(value) ? NO_PROBLEMS : problemsOf(validate.errors ?? [], max));
    },
    parameters: (schema, pathPrefix) =>
      checkWith(coercing.compile({ ...schema, additionalProperties: false }), pathPrefix),
  };
}

const NO_PROBLEMS: readonly Problem[] = [];

function checkWith(validate: ValidateFunction, pathPrefix: string): Check {
  return (value) => (validate(value) ? NO_PROBLEMS : [problemOf(validate.errors ?? [], pathPrefix)]);
}

/** The faults of a union's branches are one fault: the value fits none of them. */
function problemsOf(errors: readonly ErrorObject[], max: number): Problem[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  const isOfBranch = (error: ErrorObject, union: ErrorObject): boolean =>
    error.schemaPath.startsWith(`${union.schemaPath}/`) && error.instancePath.startsWith(union.instancePath);
  const alone = errors.filter((error) => !unions.some((union) => isOfBranch(error, union)));
  return alone
    .slice(0, max)
    .map((error) =>
      problemOf(unions.includes(error) ? [...errors.filter((other) => isOfBranch(other, error)), error] : [error], ''),
    );
}

function problemOf(errors: readonly ErrorObject[], pathPrefix: string): Problem {
  const error = mostTelling(errors);
  if (error === undefined) return { code: 'request.value_shape', path: pathPrefix };
  const constants = errors.filter((other) => other.keyword === 'const' && other.instancePath === error.instancePath);
  const { code, details, field } =
    constants.length > 1 ? choice(constants.map((other) => other.params['allowedValue'])) : explain(error);
  const path = `${pathPrefix}${error.instancePath}${field === undefined ? '' : `/${escapePointer(field)}`}`;
  return { code, path, ...(details === undefined ? {} : { details }) };
}

/** Of the branches of a union, the one that fitted furthest into the value says most. */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const whole = errors.at(-1);
  if (whole?.keyword !== 'anyOf' && whole?.keyword !== 'oneOf') return errors[0];
  return errors.reduce((best, error) => (error.instancePath.length > best.instancePath.length ? error : best), whole);
}

interface Explanation {
  readonly code: ErrorCode;
  readonly details?: ErrorDetails;
  readonly field?: string;
}

function explain({ keyword, params }: ErrorObject): Explanation {
  const limit = Number(params['limit'] ?? params['multipleOf'] ?? 0);
  switch (keyword) {
    case 'required':
      return { code: 'request.value_missing', ...aboutField(params['missingProperty']) };
    case 'additionalProperties':
      return { code: 'request.value_unexpected', ...aboutField(params['additionalProperty']) };
    case 'type':
      return { code: 'request.value_type', details: { expected: String(params['type']) } };
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return { code: 'request.value_range', details: { comparison: String(params['comparison']), limit } };
    case 'multipleOf':
      return { code: 'request.value_format', details: { format: `${limit} × n` } };
    case 'minLength':
    case 'maxLength':
      return { code: 'request.value_length', details: { comparison: keyword === 'minLength' ? '>=' : '<=', limit } };
    case 'minItems':
    case 'maxItems':
    case 'minProperties':
    case 'maxProperties':
      return { code: 'request.items_count', details: { comparison: keyword.startsWith('min') ? '>=' : '<=', limit } };
    case 'uniqueItems':
      return { code: 'request.items_repeated', details: { first: Number(params['j']), second: Number(params['i']) } };
    case 'pattern':
    case 'format':
      return { code: 'request.value_format', details: { format: String(params['pattern'] ?? params['format']) } };
    case 'const':
      return choice([params['allowedValue']]);
    case 'enum':
      return choice(Array.isArray(params['allowedValues']) ? params['allowedValues'] : []);
    default:
      return { code: 'request.value_shape' };
  }
}

function choice(allowed: readonly unknown[]): Explanation {
  return { code: 'request.value_choice', details: { allowed: allowed.map(String).join(', ') } };
}

/** A name that the caller made up may be of any length; the answer repeats only its beginning. */
const FIELD_SHOWN = 100;

function aboutField(name: unknown): Pick<Explanation, 'details' | 'field'> {
  const field = String(name).slice(0, FIELD_SHOWN);
  return { details: { field }, field };
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
