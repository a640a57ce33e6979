/** Wakes whoever waits in this process. A ring between looking and waiting is not lost. */
export interface Bell {
  ring(): void;
  /** How often it has rung: read before looking, handed to `wait` after. */
  rung(): number;
  wait(milliseconds: number, heard: number): Promise<void>;
}

export function createBell(): Bell {
  const waiting = new Set<() => void>();
  let rung = 0;
  return {
    ring() {
      rung += 1;
      for (const wake of waiting) wake();
    },
    rung: () => rung,
    wait(milliseconds, heard) {
      if (heard !== rung) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, milliseconds);
        waiting.add(wake);
      });
    },
  };
}
