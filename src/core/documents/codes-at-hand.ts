/** Codes of documents between receiving and applying, which spare reading them back: the latest, as many as fit. */
export interface CodesAtHand {
  put(documentId: string, codes: readonly string[]): void;
  take(documentId: string): readonly string[] | undefined;
}

/** Over all documents. */
const CODES_MAX = 300_000;

export function createCodesAtHand(codesMax = CODES_MAX): CodesAtHand {
  const kept = new Map<string, readonly string[]>();
  let count = 0;

  function take(documentId: string): readonly string[] | undefined {
    const codes = kept.get(documentId);
    if (codes === undefined) return undefined;
    kept.delete(documentId);
    count -= codes.length;
    return codes;
  }

  return {
    put(documentId, codes) {
      if (codes.length > codesMax) return;
      // The oldest belong to documents that another hub has applied meanwhile, or that wait for long anyway.
      for (const oldest of kept.keys()) {
        if (count + codes.length <= codesMax) break;
        take(oldest);
      }
      kept.set(documentId, codes);
      count += codes.length;
    },
    take,
  };
}
