import type { JsonSchema } from './openapi.ts';

// Deeper than any schema of ours; a schema that contains itself must not go on for ever.
const DEPTH_MAX = 8;

/** A value that shows what a schema means: its own example where it has one, else the least that it asks for. */
export function sampleOf(schema: JsonSchema, depth = 0): unknown {
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const branch = schema.anyOf?.[0] ?? schema.oneOf?.[0];
  if (branch !== undefined) return sampleOf(branch, depth);
  if (depth > DEPTH_MAX) return null;
  switch (typeof schema.type === 'string' ? schema.type : schema.type?.[0]) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name, property]) => property.examples !== undefined || (schema.required ?? []).includes(name))
          .map(([name, property]) => [name, sampleOf(property, depth + 1)]),
      );
    case 'array':
      return schema.items === undefined ? [] : [sampleOf(schema.items, depth + 1)];
    case 'string':
      return sampleText(schema);
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    default:
      return schema.properties === undefined ? {} : sampleOf({ ...schema, type: 'object' }, depth);
  }
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-11-24T10:00:00+05:00',
  date: '2026-11-24',
  uuid: '01936b8e-7c00-7000-8000-000000000000',
};

const DIGITS = '04870000100019';

function sampleText(schema: JsonSchema): string {
  const byFormat = schema.format === undefined ? undefined : BY_FORMAT[schema.format];
  if (byFormat !== undefined) return byFormat;
  const digits = /^\^\[0-9\]\{(\d+)\}\$$/.exec(schema.pattern ?? '')?.[1];
  return digits === undefined ? '…' : DIGITS.padEnd(Number(digits), '0').slice(0, Number(digits));
}
