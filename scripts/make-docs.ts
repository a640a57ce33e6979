import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { withParts } from './docs/markdown.ts';
import { PARTS } from './docs/parts.ts';

// npm run docs: writes the tables of docs/*.md that are made from the program's own tables.

const DOCS = new URL('../docs/', import.meta.url);

/** Each page as it is, and as it should be. */
export function pages(): { readonly name: string; readonly present: string; readonly wanted: string }[] {
  const names = readdirSync(DOCS).filter((name) => name.endsWith('.md'));
  return names.map((name) => {
    const present = readFileSync(new URL(name, DOCS), 'utf8');
    return { name, present, wanted: withParts(present, PARTS) };
  });
}

function main(): void {
  for (const { name, present, wanted } of pages()) {
    if (present === wanted) continue;
    writeFileSync(new URL(name, DOCS), wanted);
    console.log(`docs/${name} written`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
