import type { Clock } from '../clock.ts';
import type { ParsedCode } from '../codes/gs1.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { Expiry, ProductionFactsReader } from '../codes/production-facts.ts';
import { TanbaError } from '../errors.ts';
import type { EffectiveState } from '../lifecycle/effective-state.ts';
import { decide } from '../receipts/decision-table.ts';
import type { RuleSet } from '../reference/product-groups.ts';
import { storableText } from '../storable.ts';
import type { FoundCode, LookUp } from './look-up.ts';
import { hasTail, type TailJudge, type TailVerdict } from './tail-judge.ts';
import { REASON_OF_ANOMALY, type TillReason } from './till-reasons.ts';

/** What a till is told of a code before it sells it. Never who owns the goods. */
export interface TillAnswer {
  readonly cis: string | null;
  /** Only where it is no code. */
  readonly mark?: string;
  readonly gtin: string | null;
  /** The code was issued. Not told of a forged one. */
  readonly found: boolean;
  /** Well-formed, of goods in the catalogue. */
  readonly valid: boolean;
  /** Whether its verification code is right; null: it came without one, or was not judged. */
  readonly verified: boolean | null;
  readonly sold: boolean;
  readonly blocked: boolean;
  readonly expired: boolean;
  readonly expiryDate: string | null;
  /** May be sold here and now. */
  readonly realizable: boolean;
  readonly reason: TillReason | null;
}

/** Who wants to sell. */
export interface TillAsker {
  readonly bin: string;
}

export interface TillCheck {
  /** In the order of the marks. @throws TanbaError checks.till_too_slow when the store does not answer in time. */
  check(asker: TillAsker, marks: readonly string[]): Promise<readonly TillAnswer[]>;
}

export interface TillCheckDeps {
  readonly clock: Clock;
  readonly markReader: MarkReader;
  readonly lookUp: LookUp;
  readonly tailJudge: TailJudge;
  readonly productionFacts: ProductionFactsReader;
  /** Tills wait 1.5 s for an answer and go on without: ours comes before. */
  readonly timeoutMs: number;
  readonly onReason?: (reason: TillReason | null) => void;
}

interface Known {
  readonly tail: TailVerdict | null;
  readonly found: FoundCode | null;
}

const NOT_JUDGED: TailVerdict = { kind: 'blocked', waitSeconds: 1 };

const UNKNOWN_GOODS = {
  found: false,
  verified: null,
  sold: false,
  blocked: false,
  expired: false,
  expiryDate: null,
  realizable: false,
} as const;

export function createTillCheck(deps: TillCheckDeps): TillCheck {
  const { clock, markReader, lookUp, tailJudge, productionFacts, timeoutMs } = deps;

  async function answers({ bin }: TillAsker, marks: readonly string[]): Promise<readonly TillAnswer[]> {
    const results = await markReader.read(marks);
    const codes = results.flatMap((result) => (result.ok ? [result.code] : []));
    const tailed = codes.filter(hasTail);
    const [verdicts, found] = await Promise.all([
      tailJudge.judgeAll(tailed, bin),
      lookUp.findAll(codes.map(({ cis }) => cis)),
    ]);
    const tails = new Map<ParsedCode, TailVerdict>(tailed.map((code, index) => [code, verdicts[index] ?? NOT_JUDGED]));
    const expiries = await productionFacts.expiries([...found.values()].map(({ row }) => row));
    const now = clock.now();
    const rulesOf = remembered((gtin: string) => markReader.rulesOf(gtin, now));
    return results.map((result, index) => {
      if (!result.ok) return malformed(marks[index] ?? '');
      const { code } = result;
      const known = { found: found.get(code.cis) ?? null, tail: tails.get(code) ?? null };
      return answerOf(code, known, { bin, expiry: expiries.get(code.cis) ?? null, now, rulesOf });
    });
  }

  return {
    check: async (asker, marks) => {
      const given = await inTime(answers(asker, marks), timeoutMs);
      for (const { reason } of given) deps.onReason?.(reason);
      return given;
    },
  };
}

function malformed(text: string): TillAnswer {
  return { cis: null, mark: storableText(text), gtin: null, valid: false, ...UNKNOWN_GOODS, reason: 'malformed' };
}

interface Circumstances {
  readonly bin: string;
  readonly expiry: Expiry | null;
  readonly now: Date;
  readonly rulesOf: (gtin: string) => RuleSet | undefined;
}

/** Codes that come together are mostly of few goods. */
function remembered<V>(read: (key: string) => V): (key: string) => V {
  const known = new Map<string, V>();
  return (key) => {
    const value = known.get(key) ?? read(key);
    known.set(key, value);
    return value;
  };
}

function answerOf(
  { cis, gtin }: ParsedCode,
  { tail, found }: Known,
  { bin, expiry, now, rulesOf }: Circumstances,
): TillAnswer {
  const rules = gtin === null ? undefined : rulesOf(gtin);
  const valid = gtin === null || rules !== undefined;
  if (!valid) return { cis, gtin, valid, ...UNKNOWN_GOODS, reason: 'not_in_catalogue' };
  if (tail?.kind === 'wrong') return { cis, gtin, valid, ...UNKNOWN_GOODS, verified: false, reason: 'forged' };
  if (tail?.kind === 'blocked') return { cis, gtin, valid, ...UNKNOWN_GOODS, reason: 'too_many_failures' };
  const state = found?.state ?? null;
  const expired = expiry !== null && now > expiry.lastMoment;
  const reason = whyNot({ state, seller: bin, refuseOtherOwner: rules?.saleByOtherOwner === 'refuse', expired });
  return {
    cis,
    gtin,
    found: found !== null,
    valid,
    verified: tail === null ? null : true,
    sold: reason === 'sold',
    blocked: state?.hold === 'blocked',
    expired,
    expiryDate: expiry?.date ?? null,
    realizable: reason === null,
    reason,
  };
}

export interface WantedSale {
  readonly state: EffectiveState | null;
  readonly seller: string;
  readonly refuseOtherOwner: boolean;
  readonly expired: boolean;
}

/** By the table that judges the receipt afterwards: what the till is told and what its sale comes to are one. */
export function whyNot({ state, seller, refuseOtherOwner, expired }: WantedSale): TillReason | null {
  const { effect, anomaly } = decide('sale', state, seller, refuseOtherOwner);
  if (effect !== 'sell') return (anomaly === null ? undefined : REASON_OF_ANOMALY[anomaly]) ?? 'not_in_circulation';
  // A hold has the name of its reason.
  if (state !== null && state.hold !== 'none') return state.hold;
  return expired ? 'expired' : null;
}

async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TanbaError('checks.till_too_slow', { retryAfterSeconds: 1 })), timeoutMs);
  });
  // What comes too late is nobody's any more, its failure neither.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
