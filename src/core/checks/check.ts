import { LRUCache } from 'lru-cache';
import type { Database } from '../../store/database.ts';
import { raiseAlert } from '../audit/alerts.ts';
import type { Catalogue, Product } from '../catalogue/catalogue.ts';
import type { Clock } from '../clock.ts';
import type { MarkReader } from '../codes/mark-reader.ts';
import type { ProductionFactsReader } from '../codes/production-facts.ts';
import { TanbaError } from '../errors.ts';
import type { EffectiveState } from '../lifecycle/effective-state.ts';
import { REASON_RETAIL } from '../lifecycle/transitions.ts';
import type { Participants } from '../participants/participants.ts';
import type { LookUp } from './look-up.ts';
import { hasTail, type TailedCode, type TailJudge } from './tail-judge.ts';

export const VERDICTS = [
  'genuine',
  'sold',
  'withdrawn',
  'not_in_circulation',
  'unknown',
  'forged',
  'unverified',
  'malformed',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What a citizen is told (R7). Never who owns the goods. */
export interface CheckAnswer {
  readonly verdict: Verdict;
  readonly cis: string | null;
  readonly gtin: string | null;
  readonly product: Product | null;
  /** Name of the importer, where the goods were imported. */
  readonly importer: string | null;
  readonly customsDeclaration: { readonly number: string; readonly date: string } | null;
  readonly productionDate: string | null;
  readonly expiryDate: string | null;
}

export interface PublicCheck {
  check(text: string, source: string): Promise<CheckAnswer>;
}

export interface PublicCheckDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly participants: Participants;
  readonly markReader: MarkReader;
  readonly productionFacts: ProductionFactsReader;
  readonly lookUp: LookUp;
  readonly tailJudge: TailJudge;
  readonly onVerdict?: (verdict: Verdict) => void;
}

const NAMES_CACHED = 10_000;
const NAMES_TTL_MS = 300_000;

const NOTHING = {
  product: null,
  importer: null,
  customsDeclaration: null,
  productionDate: null,
  expiryDate: null,
} as const;

/**
 * Order of the checks: the tail first, without the database. A wrong tail is `forged` whether the code exists or not,
 * so nobody learns from it which serials exist; a code without a tail is `unverified` with the goods card of its GTIN
 * only, and so is one whose tail another system may have made; a right tail on a code that was never issued is `unknown`, and an alert, because only our keys make right tails.
 */
export function createPublicCheck(deps: PublicCheckDeps): PublicCheck {
  const { catalogue, markReader, tailJudge, lookUp } = deps;
  const names = new LRUCache<string, string>({ max: NAMES_CACHED, ttl: NAMES_TTL_MS });

  async function check(text: string, source: string): Promise<CheckAnswer> {
    const answer = await judge(text, source);
    deps.onVerdict?.(answer.verdict);
    return answer;
  }

  async function judge(text: string, source: string): Promise<CheckAnswer> {
    const [result] = await markReader.read([text]);
    if (result === undefined || !result.ok) return { verdict: 'malformed', cis: null, gtin: null, ...NOTHING };
    const { code } = result;
    const { cis, gtin } = code;
    const product = gtin === null ? null : ((await catalogue.find([gtin])).get(gtin) ?? null);
    if (!hasTail(code)) return { ...NOTHING, verdict: 'unverified', cis, gtin, product };
    const tail = await judgeTail(code, source);
    if (tail === 'foreign') return { ...NOTHING, verdict: 'unverified', cis, gtin, product };
    if (tail === 'wrong') return { ...NOTHING, verdict: 'forged', cis, gtin, product };
    const found = await lookUp.find(cis);
    if (found === null) {
      await raiseNeverIssued(cis, source);
      return { ...NOTHING, verdict: 'unknown', cis, gtin, product };
    }
    const facts = (await deps.productionFacts.of([found.row])).get(cis);
    const imported = facts?.introductionType === 'IMPORT' ? facts.introducedBy : null;
    return {
      verdict: verdictOf(found.state),
      cis,
      gtin,
      product,
      importer: imported === null ? null : await nameOf(imported),
      customsDeclaration: facts?.customsDeclaration ?? null,
      productionDate: facts?.productionDate ?? null,
      expiryDate: facts?.expiryDate ?? null,
    };
  }

  async function judgeTail(code: TailedCode, source: string): Promise<'right' | 'wrong' | 'foreign'> {
    const verdict = await tailJudge.judge(code, source);
    if (verdict.kind === 'blocked') {
      throw new TanbaError('checks.too_many_failures', { retryAfterSeconds: verdict.waitSeconds });
    }
    return verdict.kind;
  }

  async function raiseNeverIssued(cis: string, source: string): Promise<void> {
    const at = deps.clock.now();
    await raiseAlert(deps.db, { at, kind: 'right_tail_never_issued', subject: cis, details: { source } });
  }

  async function nameOf(bin: string): Promise<string | null> {
    const cached = names.get(bin);
    if (cached !== undefined) return cached;
    const participant = await deps.participants.find(bin);
    if (participant !== null) names.set(bin, participant.name);
    return participant?.name ?? null;
  }

  return { check };
}

function verdictOf(state: EffectiveState): Verdict {
  switch (state.status) {
    case 'in_circulation':
      return 'genuine';
    case 'withdrawn':
      return state.reason === REASON_RETAIL ? 'sold' : 'withdrawn';
    case 'written_off':
      return 'withdrawn';
    case 'emitted':
    case 'applied':
      return 'not_in_circulation';
  }
}
