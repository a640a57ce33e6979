import type { Clock } from '../clock.ts';
import type { ParsedCode, ParseResult } from '../codes/gs1.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { ProductionFactsReader } from '../codes/production-facts.ts';
import { endOfDay } from '../documents/dates.ts';
import { TanbaError } from '../errors.ts';
import type { EffectiveState } from '../lifecycle/effective-state.ts';
import { decide } from '../receipts/decision-table.ts';
import { storableText } from '../storable.ts';
import type { FoundCode, LookUp } from './look-up.ts';
import type { TailJudge, TailVerdict } from './tail-judge.ts';
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

interface Look {
  readonly code: ParsedCode;
  readonly tail: TailVerdict | null;
  readonly found: FoundCode | null;
}

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

  async function look(result: ParseResult, source: string): Promise<Look | null> {
    if (!result.ok) return null;
    const { code } = result;
    // Asked at once for all: look-ups of one turn share a statement.
    const [tail, found] = await Promise.all([
      code.tail === null ? null : tailJudge.judge(code, code.tail, source),
      lookUp.find(code.cis),
    ]);
    return { code, tail, found };
  }

  async function answers({ bin }: TillAsker, marks: readonly string[]): Promise<readonly TillAnswer[]> {
    const looks = await Promise.all((await markReader.read(marks)).map((result) => look(result, bin)));
    const rows = looks.flatMap((one) => (one?.found ? [one.found.row] : []));
    const facts = await productionFacts.of(rows);
    const now = clock.now();
    return looks.map((one, index) => {
      if (one === null) {
        const mark = storableText(marks[index] ?? '');
        return { ...UNKNOWN_GOODS, cis: null, mark, gtin: null, valid: false, reason: 'malformed' };
      }
      const expiryDate = facts.get(one.code.cis)?.expiryDate ?? null;
      return answerOf(one, { bin, expiryDate, now, markReader });
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

interface Circumstances {
  readonly bin: string;
  readonly expiryDate: string | null;
  readonly now: Date;
  readonly markReader: Pick<MarkReader, 'rulesOf'>;
}

function answerOf({ code, tail, found }: Look, { bin, expiryDate, now, markReader }: Circumstances): TillAnswer {
  const { cis, gtin } = code;
  const rules = gtin === null ? undefined : markReader.rulesOf(gtin);
  const named = { cis, gtin, valid: gtin === null || rules !== undefined };
  if (!named.valid) return { ...UNKNOWN_GOODS, ...named, reason: 'not_in_catalogue' };
  if (tail?.kind === 'wrong') return { ...UNKNOWN_GOODS, ...named, verified: false, reason: 'forged' };
  if (tail?.kind === 'blocked') return { ...UNKNOWN_GOODS, ...named, reason: 'too_many_failures' };
  const state = found?.state ?? null;
  const expired = expiryDate !== null && now > endOfDay(expiryDate);
  const reason = whyNot({ state, seller: bin, refuseOtherOwner: rules?.saleByOtherOwner === 'refuse', expired });
  return {
    ...named,
    found: found !== null,
    verified: tail === null ? null : true,
    sold: reason === 'sold',
    blocked: state?.hold === 'blocked',
    expired,
    expiryDate,
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
