import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { TSchema } from 'typebox';
import type { AdapterEntry } from '../config.ts';
import type { AdapterModule, SettingProblem } from './contract.ts';

type Settings = Readonly<Record<string, unknown>>;

export type ReadSettings = { readonly settings: Settings } | { readonly problems: readonly string[] };

/** The settings of an entry, with what variables say in the place of what the file says, and the schema's defaults. */
export function readSettings(entry: AdapterEntry, module: AdapterModule): ReadSettings {
  const { name, file } = entry;
  const place = `${file}: ${name}`;
  const known = propertiesOf(module.settings);
  const given = new Set([...Object.keys(entry.settings), ...entry.environment.map(({ setting }) => setting)]);
  const unknown = [...given].filter((setting) => !known.has(setting));
  if (unknown.length > 0) return { problems: unknown.map((setting) => `${place}: there is no setting "${setting}".`) };

  const overrides = entry.environment.flatMap(({ setting, variable, value }) =>
    value === undefined ? [] : [{ setting, variable, value: typedBy(value, known.get(setting)) }],
  );
  const settings: Settings = structuredClone({
    ...entry.settings,
    ...Object.fromEntries(overrides.map(({ setting, value }) => [setting, value])),
  });
  const variableOf = new Map(overrides.map(({ setting, variable }) => [setting, variable]));
  const told = ({ setting, problem }: SettingProblem): string => {
    const where = variableOf.get(setting) ?? (setting === '' ? `${place}:` : `${place}: ${setting}`);
    return `${where} ${problem}.`;
  };
  try {
    const faults = fill(module.settings, settings);
    const problems = faults.length > 0 ? faults : (module.checkSettings?.(settings) ?? []);
    return problems.length > 0 ? { problems: problems.map(told) } : { settings };
  } catch (error) {
    return { problems: [`${place}: its settings cannot be checked: ${String(error)}`] };
  }
}

/** Fills the defaults into the value itself. A schema may be plain JSON Schema: adapters need no library of ours. */
function fill(schema: TSchema, settings: Settings): SettingProblem[] {
  const ajv = new Ajv2020({ strict: true, allErrors: true, useDefaults: true, ownProperties: true });
  ajvFormats.default(ajv);
  const validate = ajv.compile(schema);
  return validate(settings) ? [] : (validate.errors ?? []).map(faultOf);
}

/** Repeats no value, which may be a secret. */
function faultOf({ instancePath, message = 'is not valid', keyword, params }: ErrorObject): SettingProblem {
  const [, setting = '', ...rest] = instancePath.split('/');
  const allowed = keyword === 'enum' ? `: ${String(params['allowedValues'])}` : '';
  const extra = keyword === 'additionalProperties' ? `: ${String(params['additionalProperty'])}` : '';
  const inside = rest.length === 0 ? '' : `(/${rest.join('/')}) `;
  return { setting, problem: `${inside}${message}${allowed}${extra}` };
}

/** Text as the schema's type wants it. What cannot be turned stays text, and the schema refuses it. */
function typedBy(text: string, schema: unknown): unknown {
  const type = memberOf(schema, 'type');
  if (type === 'integer' || type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (type === 'object') return parsed(text);
  if (type !== 'array') return text;
  const parts = text.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '').map((part) => typedBy(part, memberOf(schema, 'items')));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const MASK = '***';

/** Settings as they are shown: what the schema calls writeOnly stays unsaid. */
export function shownSettings(schema: unknown, value: unknown): unknown {
  const schemas = withParts(schema);
  if (schemas.some((one) => memberOf(one, 'writeOnly') === true)) return MASK;
  if (Array.isArray(value)) {
    const items = { allOf: schemas.map((one) => memberOf(one, 'items')) };
    return value.map((item) => shownSettings(items, item));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      shownSettings({ allOf: schemas.flatMap((one) => memberSchemas(one, name)) }, member),
    ]),
  );
}

/** A schema with all that it is put together from: what one of them hides is hidden. */
function withParts(schema: unknown): unknown[] {
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => {
    const found = memberOf(schema, keyword);
    return Array.isArray(found) ? found.flatMap(withParts) : [];
  });
  return [schema, ...parts];
}

function memberSchemas(schema: unknown, name: string): unknown[] {
  const patterns = Object.values(Object(memberOf(schema, 'patternProperties')));
  return [memberOf(memberOf(schema, 'properties'), name), memberOf(schema, 'additionalProperties'), ...patterns];
}

function propertiesOf(schema: TSchema): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>(Object.entries(Object(memberOf(schema, 'properties'))));
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
