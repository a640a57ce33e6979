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
}

const READERS = 2;
const KEYS_PER_READ = 256;
const WAITING_MAX = 20_000;

interface Waiter {
  readonly cis: string;
  readonly resolve: (found: FoundCode | null) => void;
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
        const group = waiting.slice(0, KEYS_PER_READ);
        waiting = waiting.slice(KEYS_PER_READ);
        readers += 1;
        void answer(group).finally(() => {
          readers -= 1;
          schedule();
        });
      }
    });
  }

  async function answer(group: readonly Waiter[]): Promise<void> {
    try {
      const { codes: rows, packages } = await readPaths(db, [...new Set(group.map(({ cis }) => cis))]);
      for (const { cis, resolve } of group) {
        const row = rows.get(cis);
        resolve(row === undefined ? null : { row, state: effectiveState(row, pathOf(row, packages) ?? []) });
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  return {
    find: (cis) => {
      if (waiting.length >= WAITING_MAX) return Promise.reject(onOverload());
      return new Promise((resolve, reject) => {
        waiting.push({ cis, resolve, reject });
        schedule();
      });
    },
  };
}
