import { readFileSync } from 'node:fs';
import { DOCS_STYLE } from './docs-style.ts';
import { html, type Markup } from './html.ts';
import type { JsonSchema, OpenApiDocument, Operation, Parameter } from './openapi.ts';
import { openApiDocument } from './openapi.ts';
import { type AnyRoute, route } from './route.ts';
import { sampleOf } from './schema-sample.ts';

/**
 * The OpenAPI document of the given routes, and its page; both describe themselves as well. A demo says on the page
 * that it is one, so that nobody takes its goods for real.
 */
export function docsRoutes(routes: readonly AnyRoute[], demo = false): AnyRoute[] {
  const common = { method: 'get', tag: 'reference', access: 'public' } as const;
  const own: AnyRoute[] = [
    route({
      ...common,
      path: '/api/openapi.json',
      operationId: 'openapi',
      summary: 'This interface as OpenAPI 3.1',
      responses: { 200: { description: 'The document', contentType: 'application/json' } },
      handle: async () => ({ status: 200, contentType: 'application/json', body: documentText }),
    }),
    route({
      ...common,
      path: '/',
      operationId: 'home',
      summary: 'Where a browser goes first',
      responses: { 302: { description: 'To the page about this interface' } },
      handle: async () => ({ status: 302, headers: { Location: '/api/docs' } }),
    }),
    route({
      ...common,
      path: '/api/docs',
      operationId: 'docs',
      summary: 'This interface as a page to read',
      responses: { 200: { description: 'The page', contentType: 'text/html' } },
      handle: async () => ({ status: 200, contentType: 'text/html; charset=utf-8', body: page }),
    }),
    route({
      ...common,
      path: '/api/docs/style.css',
      operationId: 'docsStyle',
      summary: 'How that page looks',
      responses: { 200: { description: 'The style sheet', contentType: 'text/css' } },
      handle: async () => ({
        status: 200,
        contentType: 'text/css; charset=utf-8',
        headers: { 'Cache-Control': 'public, max-age=3600' },
        body: DOCS_STYLE,
      }),
    }),
  ];
  const document = openApiDocument([...routes, ...own], packageVersion());
  const documentText = JSON.stringify(document);
  const page = docsPage(document, demo);
  return own;
}

function packageVersion(): string {
  const content: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const known = typeof content === 'object' && content !== null && 'version' in content;
  return known ? String(content.version) : '';
}

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** One HTML page without script: it works under the strictest content policy and with no network but ours. */
export function docsPage(document: OpenApiDocument, demo: boolean): string {
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Entry => ({ method, path, operation })),
  );
  const groups = document.tags.map(({ name }) => ({
    name,
    entries: entries.filter((entry) => entry.operation.tags.includes(name)),
  }));
  const { title, version, description } = document.info;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} API ${version}</title>
<link rel="stylesheet" href="/api/docs/style.css">
</head>
<body>
<nav aria-label="Operations">
<a class="home" href="#top">${title}</a>
${groups.map(
  (group) => html`<h2>${group.name}</h2>
<ul>${group.entries.map(navigationItem)}</ul>
`,
)}
</nav>
<main id="top">
${demo ? html`<p class="demo">This is a demo: its participants, keys and goods are made up.</p>` : ''}
<header>
<h1>${title} API <small>${version}</small></h1>
<p>${description}</p>
<p>The same as <a href="/api/openapi.json">OpenAPI 3.1</a>. Every <a href="/api/v1/errors">error code</a> and every
<a href="/api/v1/limits">limit</a> is published too.</p>
<p>The examples below run, with your own values in the place of “…”, after</p>
<pre><code>export TANBA=http://127.0.0.1:8080
export KEY=tanba_…   # a key of yours; the demo's keys are in data/demo.json</code></pre>
<h2>Errors</h2>
<p>Every refusal is <code>application/problem+json</code>:</p>
${schemaView(document.components.schemas['Problem'] ?? {})}
</header>
${groups.map(
  (group) => html`<section>
<h2>${group.name}</h2>
${group.entries.map(operationArticle)}
</section>
`,
)}
</main>
</body>
</html>
`.text;
}

function navigationItem({ method, path, operation }: Entry): Markup {
  return html`<li><a href="#${operation.operationId}" title="${operation.summary}"><b class="${method}">${method}</b> ${path}</a></li>`;
}

function operationArticle({ method, path, operation }: Entry): Markup {
  const paragraphs = (operation.description ?? '').split('\n\n').filter((text) => text !== '');
  const body = Object.entries(operation.requestBody?.content ?? {});
  return html`<article id="${operation.operationId}">
<h3><a href="#${operation.operationId}"><b class="${method}">${method}</b> <code>${path}</code></a></h3>
<p class="summary">${operation.summary}${operation.security.length > 0 ? html` <span class="lock">key needed</span>` : ''}</p>
${paragraphs.map((text) => html`<p>${text}</p>`)}
${operation.parameters.length > 0 ? parameterTable(operation.parameters) : ''}
${body.length > 0 ? html`<h4>Body</h4>` : ''}
${body.map(([type, { schema }]) => html`<p><code>${type}</code></p>${schemaView(schema)}`)}
<h4>Answers</h4>
<dl class="answers">
${Object.entries(operation.responses).map(([status, response]) => answer(status, response))}
</dl>
<h4>Example</h4>
<pre><code>${curlExample({ method, path, operation })}</code></pre>
</article>
`;
}

function parameterTable(parameters: readonly Parameter[]): Markup {
  return html`<h4>Parameters</h4>
<table>
<thead><tr><th>Name</th><th>In</th><th>Value</th><th>Meaning</th></tr></thead>
<tbody>
${parameters.map(
  (parameter) => html`<tr><td><code>${parameter.name}</code>${parameter.required ? html` <i>required</i>` : ''}</td>
<td>${parameter.in}</td><td>${typeLabel(parameter.schema)}</td>
<td>${parameter.description ?? parameter.schema.description ?? ''}</td></tr>
`,
)}</tbody>
</table>`;
}

function answer(status: string, response: Operation['responses'][string]): Markup {
  const content = Object.entries(response.content ?? {});
  const kind = status.startsWith('2') ? 'good' : 'bad';
  return html`<dt><b class="${kind}">${status}</b> ${response.description}</dt>
${content.map(([type, { schema }]) =>
  schema.$ref === undefined
    ? html`<dd><code>${type}</code>${schemaView(schema)}</dd>`
    : html`<dd><code>${type}</code></dd>`,
)}
`;
}

/** The fields of an object, nested as they are in the JSON. */
function schemaView(schema: JsonSchema): Markup {
  const branches = (schema.anyOf ?? schema.oneOf ?? []).filter((branch) => branch.const === undefined);
  if (branches.length > 1) {
    return html`<div class="union">${branches.map(
      (branch) => html`<div><span class="type">either ${typeLabel(branch)}</span>${schemaView(branch)}</div>`,
    )}</div>`;
  }
  if (schema.items !== undefined) return schemaView(schema.items);
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return html``;
  return html`<ul class="fields">
${fields.map(
  ([
    name,
    field,
  ]) => html`<li><code>${name}</code>${(schema.required ?? []).includes(name) ? html` <i>required</i>` : ''}
<span class="type">${typeLabel(field)}</span> ${field.description ?? ''}${schemaView(field)}</li>
`,
)}</ul>`;
}

function typeLabel(schema: JsonSchema): string {
  const choices =
    schema.enum ?? (schema.anyOf ?? []).flatMap(({ const: value }) => (value === undefined ? [] : [value]));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (choices.length > 0) return choices.map((choice) => JSON.stringify(choice)).join(' | ');
  if (schema.items !== undefined)
    return `array of ${typeLabel(schema.items)}${bounds(schema.minItems, schema.maxItems, ' items')}`;
  const name = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any');
  const size = bounds(schema.minLength, schema.maxLength, ' characters');
  return (
    [name, schema.format, schema.pattern].filter(Boolean).join(' ') + size + bounds(schema.minimum, schema.maximum, '')
  );
}

function bounds(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return '';
  if (least === most) return ` (${least}${unit})`;
  if (least === undefined) return ` (up to ${most}${unit})`;
  return ` (${most === undefined ? `${least} or more` : `${least} to ${most}`}${unit})`;
}

/** Ready to be pasted into a shell. */
export function curlExample({ method, path, operation }: Entry): string {
  const address = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
    encodeURIComponent(sampleParameter(operation, 'path', name)),
  );
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name }) => `${name}=${encodeURIComponent(sampleParameter(operation, 'query', name))}`);
  const lines = [`curl "$TANBA${address}${query.length > 0 ? `?${query.join('&')}` : ''}"`];
  const json = operation.requestBody?.content['application/json'];
  if (operation.security.length > 0) lines.push('-H "Authorization: Bearer $KEY"');
  if (json !== undefined) {
    lines.push("-H 'Content-Type: application/json'");
    lines.push(`--data ${quoted(JSON.stringify(sampleOf(json.schema), null, 2))}`);
  } else if (method !== 'get') {
    lines.push(`-X ${method.toUpperCase()}`);
  }
  return lines.join(' \\\n  ');
}

function sampleParameter(operation: Operation, place: Parameter['in'], name: string): string {
  const parameter = operation.parameters.find((candidate) => candidate.in === place && candidate.name === name);
  return String(sampleOf(parameter?.schema ?? {}));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
