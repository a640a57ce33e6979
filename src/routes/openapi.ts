import Type, { type TSchema } from 'typebox';
import { ON_BEHALF_HEADER } from '../access/on-behalf.ts';
import { isDelegable, ROLES } from '../access/permissions.ts';
import { PROBLEM_TYPE } from './problem.ts';
import type { AnyRoute, ResponseSpec } from './route.ts';

/** The part of JSON Schema that our schemas use and our page shows. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
}

export function openApiDocument(routes: readonly AnyRoute[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tanba', version, description: DESCRIPTION },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The API key of a participant.' },
      },
    },
  };
}

const DESCRIPTION =
  'Marking and traceability of goods. Errors are application/problem+json with a stable code and a text in Kazakh, ' +
  'Russian or English by Accept-Language. Amounts are whole tiyn, times ISO 8601 with zone. Bodies may come compressed ' +
  `(gzip, deflate, br). Roles: ${ROLES.join(', ')}.`;

function operationOf(route: AnyRoute): Operation {
  const access = route.access === 'public' ? undefined : `Needs the permission "${route.access}".`;
  const description = [route.description, access].filter((text) => text !== undefined).join('\n\n');
  const content = requestContent(route);
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(description === '' ? {} : { description }),
    security: route.access === 'public' ? [] : [{ bearer: [] }],
    parameters: [
      ...parametersIn('path', route.params),
      ...parametersIn('query', route.query),
      ...(route.headers ?? []).map(
        (header): Parameter => ({
          name: header.name,
          in: 'header',
          required: false,
          description: header.description,
          schema: header.schema,
        }),
      ),
      ...(isDelegable(route.access) ? [ON_BEHALF] : []),
    ],
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    responses: responsesOf(route, content !== undefined),
  };
}

const ON_BEHALF: Parameter = {
  name: ON_BEHALF_HEADER,
  in: 'header',
  required: false,
  description: 'Of a service provider: BIN or IIN of the participant for whom it asks, by its power of attorney.',
  schema: { type: 'string', pattern: '^[0-9]{12}$' },
};

function parametersIn(place: 'path' | 'query', schema: JsonSchema | undefined): readonly Parameter[] {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (schema?.required ?? []).includes(name),
    ...(property.description === undefined ? {} : { description: property.description }),
    schema: property,
  }));
}

function requestContent(route: AnyRoute): Content | undefined {
  const mode = route.bodyMode ?? (route.body === undefined ? 'none' : 'json');
  if (mode === 'none') return undefined;
  const json: JsonSchema = route.body ?? {};
  const others = [...(route.bodyTypes ?? []), ...(route.rawTypes ?? []), ...(route.streamTypes ?? [])];
  return Object.fromEntries([['application/json', { schema: json }], ...others.map((type) => [type, { schema: {} }])]);
}

function responsesOf(route: AnyRoute, hasBody: boolean): Operation['responses'] {
  const refusals: Record<string, ResponseSpec> = {
    ...(route.access === 'public' ? {} : { 401: { description: 'No key, or an unknown one' } }),
    ...(route.access === 'public' ? {} : { 403: { description: 'The role may not do this' } }),
    ...(hasBody ? { 413: { description: 'The body is too large' } } : {}),
    ...(hasBody ? { 415: { description: 'The media type or encoding is not taken' } } : {}),
    400: { description: 'The request is not filled in correctly' },
    default: { description: 'Any other error' },
  };
  const all: Readonly<Record<string, ResponseSpec>> = { ...refusals, ...route.responses };
  return Object.fromEntries(Object.entries(all).map(([status, response]) => [status, responseOf(status, response)]));
}

function responseOf(status: string, response: ResponseSpec): Operation['responses'][string] {
  const refusal = status === 'default' || Number(status) >= 400;
  if (response.schema === undefined && response.contentType === undefined && !refusal) {
    return { description: response.description };
  }
  const type = response.contentType ?? (response.schema === undefined ? PROBLEM_TYPE : 'application/json');
  const schema: JsonSchema =
    response.schema ?? (refusal ? { $ref: '#/components/schemas/Problem' } : { type: 'string' });
  const others = (response.otherContentTypes ?? []).map((other) => [other, { schema }] as const);
  return { description: response.description, content: { [type]: { schema }, ...Object.fromEntries(others) } };
}

const PROBLEM: TSchema = Type.Object({
  type: Type.String({ description: 'Where the code is explained.' }),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String({
    description: 'Stable; all of them are listed at /api/v1/errors.',
    examples: ['request.invalid'],
  }),
  detail: Type.String({ description: 'In the language of Accept-Language: kk, ru or en.' }),
  details: Type.Optional(Type.Object({}, { description: 'The numbers and names that stand in the text.' })),
  instance: Type.String(),
  requestId: Type.String({ format: 'uuid', description: 'To be told to the operator.' }),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        code: Type.String(),
        path: Type.Optional(
          Type.String({ description: 'JSON pointer; parameters stand under /path, /query, /headers.' }),
        ),
        cis: Type.Optional(Type.String()),
        message: Type.String(),
      }),
    ),
  ),
});
