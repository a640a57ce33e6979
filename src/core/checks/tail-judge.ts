import { LRUCache } from 'lru-cache';
import type { ParsedCode, Tail } from '../codes/gs1.ts';
import type { KeyRing } from '../codes/key-ring.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { FailureLimits } from './failure-limits.ts';

/** blocked: this source, or this code, has failed too often lately; nothing was looked at. */
export type TailVerdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'blocked'; readonly waitSeconds: number };

/** Judges verification codes, without the database. What was right stays right: it is remembered. */
export interface TailJudge {
  judge(code: ParsedCode, tail: Tail, source: string): Promise<TailVerdict>;
}

export interface TailJudgeDeps {
  readonly keyRing: Pick<KeyRing, 'verifyTail'>;
  readonly markReader: Pick<MarkReader, 'rulesOf'>;
  readonly failureLimits: FailureLimits;
}

const VERIFIED_TAILS_CACHED = 50_000;
const RIGHT: TailVerdict = { kind: 'right' };
const WRONG: TailVerdict = { kind: 'wrong' };

export function createTailJudge({ keyRing, markReader, failureLimits }: TailJudgeDeps): TailJudge {
  const verified = new LRUCache<string, true>({ max: VERIFIED_TAILS_CACHED });
  return {
    judge: async (code, tail, source) => {
      const key = `${code.cis} ${tail.kind === 'key' ? tail.keyId : ''} ${tail.value}`;
      if (verified.has(key)) return RIGHT;
      const limitedCis = tail.kind === 'code' ? code.cis : null;
      const waitSeconds = await failureLimits.blockedFor(source, limitedCis);
      if (waitSeconds > 0) return { kind: 'blocked', waitSeconds };
      const template = code.gtin === null ? undefined : markReader.rulesOf(code.gtin)?.template;
      if (template !== undefined && (await keyRing.verifyTail(code.cis, template, tail))) {
        verified.set(key, true);
        return RIGHT;
      }
      await failureLimits.failed(source, limitedCis);
      return WRONG;
    },
  };
}
