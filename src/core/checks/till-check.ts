import type { Clock } from '../clock.ts';
import type { ParsedCode } from '../codes/gs1.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { Expiry, ProductionFactsReader } from '../codes/production-facts.ts';
import { type Language, TanbaError } from '../errors.ts';
import type { EffectiveState } from '../lifecycle/effective-state.ts';
import { decide } from '../receipts/decision-table.ts';
import type { RuleSet } from '../reference/product-groups.ts';
import { remembered } from '../remembered.ts';
import { storableText } from '../storable.ts';
import type { FoundCode, LookUp } from './look-up.ts';
import { hasTail, type TailJudge, type TailVerdict } from './tail-judge.ts';
import { REASON_OF_ANOMALY, TILL_TEXTS, type TillReason } from './till-reasons.ts';

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
  /** Whether its verification code is right; null: it came without one, or was not or cannot be judged. */
  readonly verified: boolean | null;
  readonly sold: boolean;
  readonly blocked: boolean;
  readonly expired: boolean;
  readonly expiryDate: string | null;
  /** May be sold here and now. */
  readonly realizable: boolean;
  readonly reason: TillReason | null;
  /** The reason in words for the cashier. */
  readonly message: string | null;
}

/** Who wants to sell. */
export interface TillAsker {
  readonly bin: string;
  /** Of the messages. */
  readonly language: Language;
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

  async function answers({ bin, language }: TillAsker, marks: readonly string[]): Promise<readonly TillAnswer[]> {
    const results = await markReader.read(marks);
    const codes: ParsedCode[] = [];
    for (const result of results) if (result.ok) codes.push(result.code);
    const [verdicts, found] = await Promise.all([
      tailJudge.judgeAll(codes.filter(hasTail), bin),
      lookUp.findAll(codes.map(({ cis }) => cis)),
    ]);
    const expiries = await productionFacts.expiries([...found.values()].map(({ row }) => row));
    const now = clock.now();
    const rulesOf = remembered((gtin: string) => markReader.rulesOf(gtin, now));
    let judged = 0;
    return results.map((result, index) => {
      if (!result.ok) return malformed(marks[index] ?? '', language);
      const { code } = result;
      const tail = hasTail(code) ? (verdicts[judged++] ?? NOT_JUDGED) : null;
      const known = { found: found.get(code.cis) ?? null, tail };
      return answerOf(code, known, { bin, language, expiry: expiries.get(code.cis) ?? null, now, rulesOf });
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

function malformed(text: string, language: Language): TillAnswer {
  const goods = { cis: null, mark: storableText(text), gtin: null, valid: false };
  return { ...goods, ...UNKNOWN_GOODS, ...because('malformed', language) };
}

function because(reason: TillReason, language: Language): Pick<TillAnswer, 'reason' | 'message'> {
  return { reason, message: TILL_TEXTS[reason][language] };
}

interface Circumstances {
  readonly bin: string;
  readonly language: Language;
  readonly expiry: Expiry | null;
  readonly now: Date;
  readonly rulesOf: (gtin: string) => RuleSet | undefined;
}

function answerOf(
  { cis, gtin }: ParsedCode,
  { tail, found }: Known,
  { bin, language, expiry, now, rulesOf }: Circumstances,
): TillAnswer {
  const rules = gtin === null ? undefined : rulesOf(gtin);
  const valid = gtin === null || rules !== undefined;
  if (!valid) return { cis, gtin, valid, ...UNKNOWN_GOODS, ...because('not_in_catalogue', language) };
  if (tail?.kind === 'wrong') {
    return { cis, gtin, valid, ...UNKNOWN_GOODS, verified: false, ...because('forged', language) };
  }
  if (tail?.kind === 'blocked') {
    return { cis, gtin, valid, ...UNKNOWN_GOODS, ...because('too_many_failures', language) };
  }
  const state = found?.state ?? null;
  const expired = expiry !== null && now > expiry.lastMoment;
  const reason = whyNot({ state, seller: bin, refuseOtherOwner: rules?.saleByOtherOwner === 'refuse', expired });
  return {
    cis,
    gtin,
    found: found !== null,
    valid,
    verified: tail?.kind === 'right' ? true : null,
    sold: reason === 'sold',
    blocked: state?.hold === 'blocked',
    expired,
    expiryDate: expiry?.date ?? null,
    realizable: reason === null,
    reason,
    message: reason === null ? null : TILL_TEXTS[reason][language],
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
