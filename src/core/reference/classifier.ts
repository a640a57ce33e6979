import { createHash } from 'node:crypto';
import type { Language } from '../errors.ts';

export type Texts = Readonly<Record<Language, string>>;

export interface ClassifierEntry {
  readonly code: string;
  readonly names: Texts;
  /** The code of the entry above, of the same classifier. */
  readonly parent?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

export type Entries = ReadonlyMap<string, ClassifierEntry>;

/** What a classifier holds from `effectiveFrom` until its next version. */
export interface ClassifierVersion {
  /** Null: before the first version. */
  readonly effectiveFrom: Date | null;
  readonly entries: Entries;
  /** Of everything that is told about the version, so that another digest means another answer. */
  readonly digest: string;
}

export interface ClassifierHead {
  readonly name: string;
  readonly titles: Texts;
  readonly source: string;
  /** What whoever uses the entries has to know. */
  readonly note?: Texts;
}

export interface Classifier extends ClassifierHead {
  /** Oldest first. */
  readonly versions: readonly ClassifierVersion[];
}

export interface ClassifierDiff {
  readonly from: ClassifierVersion;
  readonly to: ClassifierVersion;
  readonly added: readonly ClassifierEntry[];
  /** As they are in `to`. */
  readonly changed: readonly ClassifierEntry[];
  readonly removed: readonly string[];
}

export function makeVersion(head: ClassifierHead, effectiveFrom: Date | null, entries: Entries): ClassifierVersion {
  const { name, titles, source, note = null } = head;
  const told = [name, titles, source, note, effectiveFrom?.toISOString() ?? null, [...entries.values()]];
  const digest = createHash('sha256').update(JSON.stringify(told)).digest('hex');
  return { effectiveFrom, entries, digest };
}
