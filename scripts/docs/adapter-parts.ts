import { readFileSync } from 'node:fs';
import type { MessageKind } from '../../src/adapters/contract.ts';
import { loadAdapters } from '../../src/adapters/load.ts';
import { loadConfig } from '../../src/config.ts';
import { code, codes, table } from './markdown.ts';

// Parts are made at once: what has to be waited for is loaded first. The environment of whoever writes them says nothing.
const CONFIGURED = loadConfig({}).adapters;
const ADAPTERS = await loadAdapters(CONFIGURED);
const EXAMPLE = new URL('../../docs/examples/bulletin/adapter.ts', import.meta.url);

/** What the documentation takes from the adapters, by the name of its marks. */
export const ADAPTER_PARTS: readonly (readonly [string, () => string])[] = [
  ['adapters', adapters],
  ['adapter-settings', settings],
  ['adapter-example', () => `\`\`\`ts\n${readFileSync(EXAMPLE, 'utf8').trimEnd()}\n\`\`\``],
];

function adapters(): string {
  const rows = ADAPTERS.map(({ module }) => [
    `[${module.name}](../src/adapters/${module.name}/README.md)`,
    module.summary,
    codes(module.capabilities),
    kinds(module.receives),
    kinds(module.delivers),
  ]);
  return table(['adapter', 'what is at the other end', 'capabilities', 'receives', 'delivers'], rows);
}

function kinds(found: readonly MessageKind[]): string {
  return found.length === 0 ? 'nothing' : codes(found.map(({ kind }) => kind));
}

function settings(): string {
  const rows = ADAPTERS.flatMap(({ module }) => {
    const { environment = [] } = CONFIGURED.find(({ name }) => name === module.name) ?? {};
    const properties = 'properties' in module.settings ? Object.entries(Object(module.settings.properties)) : [];
    return properties.map(([name, schema]: [string, unknown]) => {
      const variable = environment.find(({ setting }) => setting === name)?.variable;
      const { default: value, description, writeOnly }: Readonly<Record<string, unknown>> = Object(schema);
      const about = `${String(description ?? '')}${writeOnly === true ? ' A secret.' : ''}`;
      return [
        `${code(module.name)}, ${code(name)}`,
        variable === undefined ? '' : code(variable),
        value === undefined ? 'none' : code(JSON.stringify(value)),
        about,
      ];
    });
  });
  return table(['setting', 'variable', 'default', 'meaning'], rows);
}
