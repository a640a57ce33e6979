/** The part of JSON Schema with which the kinds of documents describe their headers. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
}

export interface Field {
  readonly name: string;
  readonly schema: SchemaNode;
  readonly required: boolean;
}

/** What a schema says, in the terms in which XML can say it. */
export type Form =
  | { readonly is: 'object'; readonly fields: readonly Field[] }
  | { readonly is: 'list'; readonly item: SchemaNode; readonly min: number; readonly max: number | null }
  | { readonly is: 'choice'; readonly values: readonly string[] }
  | { readonly is: 'named'; readonly type: NamedType }
  | { readonly is: 'integer'; readonly min: number; readonly max: number }
  | { readonly is: 'boolean' }
  | { readonly is: 'text'; readonly pattern?: string; readonly min?: number; readonly max?: number };

/** Types that stand under a name in every XSD. */
export type NamedType = 'Day' | 'Moment' | 'BusinessDate' | 'Uuid';

const NAMED: Readonly<Record<string, NamedType>> = { date: 'Day', 'date-time': 'Moment', uuid: 'Uuid' };

/** @throws TypeError for a schema that XML has no form for here: that is a kind to be described otherwise. */
export function formOf(schema: SchemaNode): Form {
  const values = choiceOf(schema);
  if (values !== null) return { is: 'choice', values };
  if (isBusinessDate(schema)) return { is: 'named', type: 'BusinessDate' };
  switch (schema.anyOf === undefined ? schema.type : undefined) {
    case 'object':
      return { is: 'object', fields: fieldsOf(schema) };
    case 'array':
      if (schema.items === undefined || formOf(schema.items).is === 'list') break;
      return { is: 'list', item: schema.items, min: schema.minItems ?? 0, max: schema.maxItems ?? null };
    case 'integer':
      // Whatever the schema allows, a number has to come out of the XML as the one that was written.
      return {
        is: 'integer',
        min: schema.minimum ?? Number.MIN_SAFE_INTEGER,
        max: schema.maximum ?? Number.MAX_SAFE_INTEGER,
      };
    case 'boolean':
      return { is: 'boolean' };
    case 'string':
      return stringForm(schema);
  }
  throw new TypeError(`no XML form for ${JSON.stringify(schema)}`);
}

/** Of an object, in the order of its schema, which is their order in XML. */
export function fieldsOf(schema: SchemaNode): Field[] {
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    schema: field,
    required: required.includes(name),
  }));
}

function stringForm({ format, pattern, minLength, maxLength }: SchemaNode): Form {
  if (format !== undefined) {
    const type = NAMED[format];
    if (type === undefined) throw new TypeError(`no XML form for the format ${format}`);
    return { is: 'named', type };
  }
  return {
    is: 'text',
    ...(pattern === undefined ? {} : { pattern }),
    ...(minLength === undefined ? {} : { min: minLength }),
    ...(maxLength === undefined ? {} : { max: maxLength }),
  };
}

function choiceOf(schema: SchemaNode): readonly string[] | null {
  const values = schema.enum ?? (schema.anyOf ?? [schema]).map((branch) => branch.const);
  const texts = values.filter((value): value is string => typeof value === 'string');
  return texts.length > 0 && texts.length === values.length ? texts : null;
}

function isBusinessDate({ anyOf }: SchemaNode): boolean {
  const formats = anyOf?.map(({ format }) => format);
  return formats?.length === 2 && formats.includes('date') && formats.includes('date-time');
}
