import { isDeepStrictEqual } from 'node:util';
import { TanbaError } from '../errors.ts';
import { type Classifier, type ClassifierDiff, type ClassifierVersion, makeVersion } from './classifier.ts';
import { type ClassifierParts, readClassifierFiles } from './classifier-files.ts';
import { pathOf } from './files.ts';
import { productGroupParts } from './product-group-classifier.ts';
import type { ProductGroups } from './product-groups.ts';

/** One set of reference data for checks, documents and the web (requirement R20). A name it does not know is refused. */
export interface Classifiers {
  list(): readonly Classifier[];
  get(name: string): Classifier;
  /** What is in force at that time: nothing before the first version. */
  at(name: string, date: Date): ClassifierVersion;
  has(name: string, code: string, date: Date): boolean;
  /** What turns the entries of the one time into those of the other, whichever is earlier. */
  diff(name: string, from: Date, to: Date): ClassifierDiff;
}

/**
 * Reads every `<classifier>.json` of the folder and adds the product groups; throws one error that names everything
 * wrong in the files.
 */
export function loadClassifiers(folder: string | URL, productGroups: ProductGroups): Classifiers {
  const path = pathOf(folder);
  const problems: string[] = [];
  const parts = readClassifierFiles(path, (file) => (problem) => void problems.push(`${file}: ${problem}`));
  const derived = productGroupParts(productGroups);
  if (parts.length === 0 && problems.length === 0) problems.push('there is no classifier');
  if (parts.some(({ head }) => head.name === derived.head.name)) {
    problems.push(`${derived.head.name}.json: this classifier is made of the rule sets of the product groups`);
  }
  if (problems.length > 0) throw new Error(`The classifiers in ${path} are not usable:\n  ${problems.join('\n  ')}`);
  return createClassifiers([...parts, derived]);
}

function createClassifiers(parts: readonly ClassifierParts[]): Classifiers {
  const known = new Map(
    parts.map(({ head, stages }) => [
      head.name,
      {
        classifier: {
          ...head,
          versions: stages.map(({ effectiveFrom, entries }) => makeVersion(head, effectiveFrom, entries)),
        },
        before: makeVersion(head, null, new Map()),
      },
    ]),
  );
  const find = (name: string) => {
    const found = known.get(name);
    if (found === undefined) throw new TanbaError('reference.unknown_classifier', { details: { name } });
    return found;
  };
  const at = (name: string, date: Date): ClassifierVersion => {
    const { classifier, before } = find(name);
    return classifier.versions.findLast((version) => isInForce(version, date)) ?? before;
  };
  return {
    list: () =>
      [...known.values()].map(({ classifier }) => classifier).sort((one, other) => (one.name < other.name ? -1 : 1)),
    get: (name) => find(name).classifier,
    at,
    has: (name, code, date) => at(name, date).entries.has(code),
    diff: (name, from, to) => diffOf(at(name, from), at(name, to)),
  };
}

function isInForce({ effectiveFrom }: ClassifierVersion, date: Date): boolean {
  return effectiveFrom !== null && effectiveFrom.getTime() <= date.getTime();
}

function diffOf(from: ClassifierVersion, to: ClassifierVersion): ClassifierDiff {
  const entries = [...to.entries.values()];
  return {
    from,
    to,
    added: entries.filter(({ code }) => !from.entries.has(code)),
    changed: entries.filter((entry) => {
      const before = from.entries.get(entry.code);
      return before !== undefined && !isDeepStrictEqual(before, entry);
    }),
    removed: [...from.entries.keys()].filter((code) => !to.entries.has(code)),
  };
}
