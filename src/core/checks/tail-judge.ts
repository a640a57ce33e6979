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
  judge(code: TailedCode, source: string): Promise<TailVerdict>;
  /** In the order of the codes. */
  judgeAll(codes: readonly TailedCode[], source: string): Promise<readonly TailVerdict[]>;
}

export type TailedCode = ParsedCode & { readonly tail: Tail };

export function hasTail(code: ParsedCode): code is TailedCode {
  return code.tail !== null;
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

  function keyOf({ cis, tail }: TailedCode): string {
    return `${cis} ${tail.kind === 'key' ? tail.keyId : ''} ${tail.value}`;
  }

  async function judgeNew(code: TailedCode, source: string): Promise<TailVerdict> {
    const { cis, gtin, tail } = code;
    const limitedCis = tail.kind === 'code' ? cis : null;
    const waitSeconds = limitedCis === null ? 0 : await failureLimits.blockedFor(source, limitedCis);
    if (waitSeconds > 0) return { kind: 'blocked', waitSeconds };
    const template = gtin === null ? undefined : markReader.rulesOf(gtin)?.template;
    if (template !== undefined && (await keyRing.verifyTail(cis, template, tail))) {
      verified.set(keyOf(code), true);
      return RIGHT;
    }
    await failureLimits.failed(source, limitedCis);
    return WRONG;
  }

  async function judgeAll(codes: readonly TailedCode[], source: string): Promise<readonly TailVerdict[]> {
    const fresh = codes.filter((code) => !verified.has(keyOf(code)));
    // The source is looked at once for all of a request.
    const waitSeconds = fresh.length === 0 ? 0 : await failureLimits.blockedFor(source, null);
    const judged = await Promise.all(
      fresh.map((code): TailVerdict | Promise<TailVerdict> =>
        waitSeconds > 0 ? { kind: 'blocked', waitSeconds } : judgeNew(code, source),
      ),
    );
    if (fresh.length === codes.length) return judged;
    const verdicts = new Map(fresh.map((code, index) => [code, judged[index] ?? RIGHT]));
    return codes.map((code) => verdicts.get(code) ?? RIGHT);
  }

  return { judgeAll, judge: async (code, source) => (await judgeAll([code], source))[0] ?? WRONG };
}
