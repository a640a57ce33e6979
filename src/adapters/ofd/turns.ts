/** One thing at a time for each register: two connections of one register cannot overtake each other. */
export interface Turns {
  /** Null where too many of that register wait already. */
  take<T>(deviceId: number, work: () => Promise<T>): Promise<T | null>;
}

const WAITING_MAX = 8;

interface Turn {
  waiting: number;
  last: Promise<unknown>;
}

export function createTurns(): Turns {
  const turns = new Map<number, Turn>();
  return {
    take: async (deviceId, work) => {
      const turn = turns.get(deviceId) ?? { waiting: 0, last: Promise.resolve() };
      if (turn.waiting >= WAITING_MAX) return null;
      turns.set(deviceId, turn);
      turn.waiting += 1;
      const mine = turn.last.then(work);
      turn.last = mine.catch(() => undefined);
      try {
        return await mine;
      } finally {
        turn.waiting -= 1;
        if (turn.waiting === 0) turns.delete(deviceId);
      }
    },
  };
}
