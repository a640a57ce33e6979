import { LRUCache } from 'lru-cache';
import { type ParsedCode, SIGNATURE_LENGTH, type Tail } from '../codes/gs1.ts';
import type { KeyRing } from '../codes/key-ring.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { CodeTemplate } from '../codes/template.ts';
import { remembered } from '../remembered.ts';
import type { FailureLimits } from './failure-limits.ts';

/**
 * foreign: not made here, but it may be the tail of another system whose codes were imported: nobody here can tell.
 * blocked: this source, or this code, has failed too often lately; nothing was looked at.
 */
export type TailVerdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'blocked'; readonly waitSeconds: number };

/** Judges verification codes, without the database. */
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
  readonly keyRing: Pick<KeyRing, 'verifyTail' | 'mayBeForeign'>;
  readonly markReader: Pick<MarkReader, 'rulesOf'>;
  readonly failureLimits: FailureLimits;
}

const REMEMBERED_TAILS = 50_000;
const RIGHT: TailVerdict = { kind: 'right' };
const WRONG: TailVerdict = { kind: 'wrong' };
const FOREIGN: TailVerdict = { kind: 'foreign' };

export function createTailJudge({ keyRing, markReader, failureLimits }: TailJudgeDeps): TailJudge {
  const verified = new LRUCache<string, true>({ max: REMEMBERED_TAILS });

  function right(code: TailedCode): TailVerdict {
    if (isWorthRemembering(code)) verified.set(keyOf(code), true);
    return RIGHT;
  }

  async function wrong(source: string, limitedCis: string | null): Promise<TailVerdict> {
    await failureLimits.failed(source, limitedCis);
    return WRONG;
  }

  /**
   * A tail of four characters is counted for its code too. Where it may be another system's it is nobody's failure, but
   * still no more than so many of ours can be tried.
   */
  async function judgeLimited(code: TailedCode, source: string, template: CodeTemplate): Promise<TailVerdict> {
    const foreign = keyRing.mayBeForeign(code.gtin, code.tail);
    const waitSeconds = await failureLimits.blockedFor(source, code.cis);
    if (waitSeconds > 0) return foreign ? FOREIGN : { kind: 'blocked', waitSeconds };
    if (await keyRing.verifyTail(code.cis, template, code.tail)) return right(code);
    if (!foreign) return wrong(source, code.cis);
    await failureLimits.failed(null, code.cis);
    return FOREIGN;
  }

  /** At once where nothing has to be waited for: a promise for each of a hundred codes costs more than their MACs. */
  function judgeNew(
    code: TailedCode,
    source: string,
    template: CodeTemplate | undefined,
  ): TailVerdict | Promise<TailVerdict> {
    const { cis, tail } = code;
    if (template === undefined) return wrong(source, tail.kind === 'code' ? cis : null);
    if (tail.kind === 'code') return judgeLimited(code, source, template);
    if (keyRing.mayBeForeign(code.gtin, tail)) return FOREIGN;
    const verdict = keyRing.verifyTail(cis, template, tail);
    if (verdict === true) return RIGHT;
    if (verdict === false) return wrong(source, null);
    return verdict.then((isRight) => (isRight ? right(code) : wrong(source, null)));
  }

  async function judgeAll(codes: readonly TailedCode[], source: string): Promise<readonly TailVerdict[]> {
    // The source is looked at once for all of a request.
    const waitSeconds = await failureLimits.blockedFor(source, null);
    const templateOf = remembered((gtin) => markReader.rulesOf(gtin)?.template);
    const verdicts: TailVerdict[] = [];
    const open: Promise<unknown>[] = [];
    for (const [index, code] of codes.entries()) {
      const verdict = judge(code);
      if (verdict instanceof Promise) open.push(verdict.then((late) => (verdicts[index] = late)));
      else verdicts[index] = verdict;
    }
    if (open.length > 0) await Promise.all(open);
    return verdicts;

    function judge(code: TailedCode): TailVerdict | Promise<TailVerdict> {
      if (isWorthRemembering(code) && verified.has(keyOf(code))) return RIGHT;
      if (waitSeconds > 0) return { kind: 'blocked', waitSeconds };
      return judgeNew(code, source, code.gtin === null ? undefined : templateOf(code.gtin));
    }
  }

  return { judgeAll, judge: async (code, source) => (await judgeAll([code], source))[0] ?? WRONG };
}

/** A signature costs 80 to 100 µs, a short tail a count of failures; a MAC no more than remembering it. */
function isWorthRemembering({ tail }: TailedCode): boolean {
  return tail.kind === 'code' || tail.value.length === SIGNATURE_LENGTH;
}

function keyOf({ cis, tail }: TailedCode): string {
  return `${cis} ${tail.kind === 'key' ? tail.keyId : ''} ${tail.value}`;
}
