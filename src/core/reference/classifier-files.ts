import { isDeepStrictEqual } from 'node:util';
import type { Static } from 'typebox';
import Type from 'typebox';
import type { ClassifierEntry, ClassifierHead, Entries } from './classifier.ts';
import { conforms, EFFECTIVE_FROM, effectiveDate, type Report, readJsonFiles } from './files.ts';

const closed = { additionalProperties: false };

const Text = Type.String({ minLength: 1 });
const TextsSchema = Type.Object({ kk: Text, ru: Text, en: Text }, closed);
const Code = Type.String({ pattern: '^[0-9A-Za-z_-]{1,40}$' });

const EntrySchema = Type.Object(
  {
    code: Code,
    names: TextsSchema,
    parent: Type.Optional(Code),
    attributes: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[a-z][0-9A-Za-z]*$' }),
        Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
        { ...closed, minProperties: 1 },
      ),
    ),
  },
  closed,
);

/** The first version names every entry; a later one only what is added, changed or removed by it. */
const VersionSchema = Type.Object(
  {
    effectiveFrom: Type.String({ pattern: EFFECTIVE_FROM }),
    entries: Type.Array(EntrySchema),
    removed: Type.Optional(Type.Array(Code, { minItems: 1 })),
  },
  closed,
);

const ClassifierSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z-]{0,39}$' }),
    titles: TextsSchema,
    source: Text,
    note: Type.Optional(TextsSchema),
    versions: Type.Array(VersionSchema, { minItems: 1 }),
  },
  closed,
);

/** A classifier with what it holds from each of its dates, before anything is made of it. */
export interface ClassifierParts {
  readonly head: ClassifierHead;
  readonly stages: readonly { readonly effectiveFrom: Date; readonly entries: Entries }[];
}

/** Reads every `<classifier>.json` of the folder and reports everything wrong in the files. */
export function readClassifierFiles(folder: string, reportOf: (file: string) => Report): ClassifierParts[] {
  return readJsonFiles(folder, reportOf).flatMap(({ file, value, report }) => {
    if (!conforms(ClassifierSchema, value, report)) return [];
    const { versions, ...head } = value;
    if (`${head.name}.json` !== file) report(`its name is "${head.name}"`);
    return [{ head, stages: stagesOf(versions, report) }];
  });
}

function stagesOf(versions: readonly Static<typeof VersionSchema>[], report: Report): ClassifierParts['stages'] {
  const stages: { effectiveFrom: Date; entries: Entries }[] = [];
  let entries: Entries = new Map();
  for (const version of versions) {
    const of = (problem: string): void => report(`${version.effectiveFrom}: ${problem}`);
    const effectiveFrom = effectiveDate(version.effectiveFrom, stages.at(-1)?.effectiveFrom, report);
    entries = entriesAfter(entries, version, of);
    reportParents(entries, of);
    stages.push({ effectiveFrom, entries });
  }
  return stages;
}

function entriesAfter(before: Entries, version: Static<typeof VersionSchema>, report: Report): Entries {
  const { entries, removed = [] } = version;
  if (entries.length + removed.length === 0) report('changes nothing');
  const after = new Map(before);
  for (const code of removed) if (!after.delete(code)) report(`removes ${code}, which is not in force`);
  const named = new Set(removed);
  for (const entry of entries) {
    if (named.has(entry.code)) report(`names ${entry.code} twice`);
    // A copy of what is in force hides what a version is about.
    else if (isDeepStrictEqual(before.get(entry.code), entry)) report(`names ${entry.code} without changing it`);
    named.add(entry.code);
    after.set(entry.code, entry);
  }
  return after;
}

function reportParents(entries: Entries, report: Report): void {
  for (const { code, parent } of entries.values()) {
    if (parent === undefined) continue;
    if (!entries.has(parent)) report(`the parent ${parent} of ${code} is not in force`);
    else if (standsUnderItself(entries, code)) report(`${code} stands under itself`);
  }
}

function standsUnderItself(entries: Entries, code: string): boolean {
  const passed = new Set<string>();
  let at: ClassifierEntry | undefined = entries.get(code);
  while (at !== undefined && !passed.has(at.code)) {
    passed.add(at.code);
    at = at.parent === undefined ? undefined : entries.get(at.parent);
  }
  return at?.code === code;
}
