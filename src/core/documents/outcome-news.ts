/** Wakes in this process whoever waits for the outcome of a document. */
export interface OutcomeNews {
  /** Resolves when there is news of the document, and after `timeoutMs` in any case. */
  next(documentId: string, timeoutMs: number): Promise<void>;
  tell(documentId: string): void;
}

export function createOutcomeNews(): OutcomeNews {
  const waiters = new Map<string, Set<() => void>>();
  return {
    next: (documentId, timeoutMs) =>
      new Promise((resolve) => {
        const listeners = waiters.get(documentId) ?? new Set();
        waiters.set(documentId, listeners);
        const done = (): void => {
          clearTimeout(timeout);
          listeners.delete(done);
          if (listeners.size === 0) waiters.delete(documentId);
          resolve();
        };
        const timeout = setTimeout(done, timeoutMs);
        listeners.add(done);
      }),
    tell: (documentId) => {
      for (const notify of waiters.get(documentId) ?? []) notify();
    },
  };
}
