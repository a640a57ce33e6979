import type { Database } from '../../store/database.ts';
import { pathOf, readPaths } from '../lifecycle/code-rows.ts';
import type { CodeRow, EffectiveState } from '../lifecycle/effective-state.ts';
import { effectiveState } from '../lifecycle/effective-state.ts';

export interface FoundCode {
  readonly row: CodeRow;
  readonly state: EffectiveState;
}

/**
 * Single look-ups arriving together share a round trip: whatever was asked in one turn of the event loop, or while all
 * readers were busy, goes into the next statement.
 */
export interface LookUp {
  find(cis: string): Promise<FoundCode | null>;
  /** Those that exist, by cis; in one statement, with others that ask meanwhile. */
  findAll(cises: readonly string[]): Promise<ReadonlyMap<string, FoundCode>>;
}

const READERS = 2;
const KEYS_PER_READ = 256;
const WAITING_MAX = 20_000;

interface Waiter {
  readonly cises: readonly string[];
  readonly resolve: (found: ReadonlyMap<string, FoundCode>) => void;
  readonly reject: (error: unknown) => void;
}

/** @param onOverload what to throw when too many look-ups wait. */
export function createLookUp(db: Database, onOverload: () => Error): LookUp {
  let waiting: Waiter[] = [];
  let readers = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || waiting.length === 0 || readers >= READERS) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      while (readers < READERS && waiting.length > 0) {
        const group = takeGroup();
        readers += 1;
        void answer(group).finally(() => {
          readers -= 1;
          schedule();
        });
      }
    });
  }

  /** As many as share a read; at least one, however many keys it has. */
  function takeGroup(): readonly Waiter[] {
    let keys = 0;
    let count = 0;
    for (const { cises } of waiting) {
      keys += cises.length;
      if (count > 0 && keys > KEYS_PER_READ) break;
      count += 1;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return group;
  }

  async function answer(group: readonly Waiter[]): Promise<void> {
    try {
      const wanted = new Set<string>();
      for (const { cises } of group) for (const cis of cises) wanted.add(cis);
      const { codes: rows, packages } = await readPaths(db, [...wanted]);
      for (const { cises, resolve } of group) {
        const found = new Map<string, FoundCode>();
        for (const cis of cises) {
          const row = rows.get(cis);
          if (row !== undefined) found.set(cis, { row, state: effectiveState(row, pathOf(row, packages) ?? []) });
        }
        resolve(found);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  function findAll(cises: readonly string[]): Promise<ReadonlyMap<string, FoundCode>> {
    if (waiting.length >= WAITING_MAX) return Promise.reject(onOverload());
    return new Promise((resolve, reject) => {
      waiting.push({ cises, resolve, reject });
      schedule();
    });
  }

  return {
    findAll,
    find: async (cis) => (await findAll([cis])).get(cis) ?? null,
  };
}
