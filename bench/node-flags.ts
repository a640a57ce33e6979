import { readFileSync } from 'node:fs';
import Type from 'typebox';
import { Parse } from 'typebox/value';

const Package = Type.Object({ scripts: Type.Object({ start: Type.String() }) });

/** What \`npm start\` gives to Node: the hub under test and the Express beside it run alike. */
export function nodeFlags(): string[] {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { scripts } = Parse(Package, JSON.parse(text));
  return scripts.start.split(' ').filter((part) => part.startsWith('--'));
}
