/** Whatever may not be under way twice: a receipt's key, a code. */
export interface Keyed {
  readonly keys: readonly string[];
}

/** Waiting entries in order of arrival. Two that share a key are never under way together, and never change places. */
export interface BatchQueue<E extends Keyed> {
  readonly length: number;
  push(entry: E): void;
  /** At most `size` entries, the oldest that may go; their keys are busy from now on. */
  take(size: number): E[];
  /** The entry is done: its keys are free. */
  release(entry: E): void;
}

/** How far behind a busy key the queue is searched for entries that may go ahead. */
const LOOK_AHEAD_MAX = 2048;

export function createBatchQueue<E extends Keyed>(): BatchQueue<E> {
  let queue: E[] = [];
  const busy = new Set<string>();

  function take(size: number): E[] {
    const batch: E[] = [];
    const left: E[] = [];
    // Keys of entries that stay behind: whoever comes later with one of them stays behind as well.
    const overtaken = new Set<string>();
    let index = 0;
    for (; index < queue.length && index < LOOK_AHEAD_MAX && batch.length < size; index++) {
      const entry = queue[index];
      if (entry === undefined) break;
      const mustWait = entry.keys.some((key) => busy.has(key) || overtaken.has(key));
      if (mustWait) {
        for (const key of entry.keys) overtaken.add(key);
        left.push(entry);
      } else {
        for (const key of entry.keys) busy.add(key);
        batch.push(entry);
      }
    }
    queue = left.length === 0 ? queue.slice(index) : left.concat(queue.slice(index));
    return batch;
  }

  return {
    get length() {
      return queue.length;
    },
    push: (entry) => {
      queue.push(entry);
    },
    take,
    release: (entry) => {
      for (const key of entry.keys) busy.delete(key);
    },
  };
}
