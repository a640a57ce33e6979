import type { BlockedLeaver } from '../blocks/leave-blocked.ts';
import type { Expiry } from '../codes/production-facts.ts';
import type { CodeRows } from '../lifecycle/code-rows.ts';
import { pathOf } from '../lifecycle/code-rows.ts';
import type { CodeRow, EffectiveState } from '../lifecycle/effective-state.ts';
import { effectiveState } from '../lifecycle/effective-state.ts';
import { REASON_RETAIL } from '../lifecycle/transitions.ts';
import type { CodeChange } from '../lifecycle/write.ts';
import type { Anomaly, Effect } from './decision-table.ts';
import { decide } from './decision-table.ts';
import { type Finding, findingsBeyondLifecycle, ofPart, type PriceRange } from './finding.ts';
import type { Receipt } from './receipt.ts';

/** A mark of a receipt after parsing; cis null: no marking code at all. */
export interface Mark {
  readonly text: string;
  readonly cis: string | null;
  /** The product group's rule `saleByOtherOwner: refuse`. */
  readonly refuseOtherOwner: boolean;
  readonly priceRange: PriceRange | null;
  /** Of one piece, tiyn. */
  readonly price: number;
  /** The line's quantity is less than its marks. */
  readonly isPart: boolean;
}

/** A receipt that has been checked by its form and waits for its effect. */
export interface PendingReceipt {
  readonly receiptId: string;
  readonly receipt: Receipt;
  readonly at: Date;
  readonly digest: Buffer;
  readonly raw: Buffer;
  readonly sender: string;
  readonly ip: string;
  readonly marks: readonly Mark[];
}

export type CodeOutcome = 'sold' | 'returned' | 'unchanged';

/** What became of one mark. `mark` only where it is no code. */
export interface MarkOutcome {
  readonly cis: string | null;
  readonly mark?: string;
  readonly outcome: CodeOutcome;
  readonly anomaly: Anomaly | null;
}

/** What the store knows of a receipt's codes; all rows are locked. */
export interface KnownGoods {
  readonly codes: CodeRows;
  readonly packages: CodeRows;
  /** By cis, of goods that expire. */
  readonly expiries: ReadonlyMap<string, Expiry>;
}

export interface Judgement {
  readonly outcomes: readonly MarkOutcome[];
  readonly changes: readonly CodeChange[];
  /** Packages that the judgement relied on (share-locked). */
  readonly packages: ReadonlySet<string>;
  readonly findings: readonly Finding[];
  /** Goods that leave although they are blocked: the blocks go along with them. */
  readonly blockedLeavers: readonly BlockedLeaver[];
}

const OUTCOMES: Readonly<Record<Effect, CodeOutcome>> = { sell: 'sold', return: 'returned', none: 'unchanged' };

/**
 * What a receipt does, given its codes' rows and the packages above them (all locked). Pure.
 * Of each mark the first finding is told: what the lifecycle says, then the expiry date, then the price.
 * Null when a package of a path is not among `packages`: somebody else holds it, the receipt has to wait.
 */
export function judge(pending: PendingReceipt, { codes, packages, expiries }: KnownGoods): Judgement | null {
  const findings: Finding[] = [];
  const outcomes: MarkOutcome[] = [];
  const changes: CodeChange[] = [];
  const blockedLeavers: BlockedLeaver[] = [];
  const reliedOn = new Set<string>();
  const seen = new Set<string>();
  for (const mark of pending.marks) {
    if (mark.cis === null) {
      outcomes.push({ cis: null, mark: mark.text, outcome: 'unchanged', anomaly: 'malformed_code' });
      findings.push({ ...UNKNOWN_GOODS, kind: 'malformed_code', cis: mark.text });
      continue;
    }
    if (seen.has(mark.cis)) {
      outcomes.push({ cis: mark.cis, outcome: 'unchanged', anomaly: 'repeated_in_receipt' });
      findings.push({ ...UNKNOWN_GOODS, kind: 'repeated_in_receipt', cis: mark.cis, gtin: gtinOf(mark.cis) });
      continue;
    }
    seen.add(mark.cis);
    const row = codes.get(mark.cis) ?? null;
    const path = row === null ? [] : pathOf(row, packages);
    if (path === null) return null;
    for (const above of path) reliedOn.add(above.cis);
    const state = row === null ? null : effectiveState(row, path);
    const { effect, found } = findWhatIsWrong(pending, mark, state, expiries.get(mark.cis)?.lastMoment ?? null);
    const goods = { cis: mark.cis, gtin: gtinOf(mark.cis), owner: state?.owner ?? null };
    findings.push(...found.map((finding) => ({ ...goods, ...finding })));
    outcomes.push({ cis: mark.cis, outcome: OUTCOMES[effect], anomaly: found[0]?.kind ?? null });
    if (row === null || state === null || effect === 'none') continue;
    changes.push(changeOf(pending, row, state, path[0], effect));
    for (const at of [row, ...path]) if (at.hold === 'blocked') blockedLeavers.push({ cis: row.cis, from: at.cis });
  }
  return { outcomes, changes, packages: reliedOn, findings, blockedLeavers };
}

const UNKNOWN_GOODS = { gtin: null, owner: null, details: {} } as const;

function findWhatIsWrong(
  { receipt: { operation, bin }, at }: PendingReceipt,
  { refuseOtherOwner, isPart, price, priceRange }: Mark,
  state: EffectiveState | null,
  expires: Date | null,
): { readonly effect: Effect; readonly found: readonly Pick<Finding, 'kind' | 'details'>[] } {
  const whole = decide(operation, state, bin, refuseOtherOwner);
  const { effect, anomaly } = isPart ? ofPart(whole) : whole;
  const byLifecycle = anomaly === null ? [] : [{ kind: anomaly, details: detailsOf(anomaly, state) }];
  return {
    effect,
    found: [...byLifecycle, ...findingsBeyondLifecycle(state, { operation, at, price, priceRange, expires })],
  };
}

/** The package under way out of which goods were sold: its receiver will miss them. */
function detailsOf(anomaly: Anomaly, state: EffectiveState | null): Finding['details'] {
  return anomaly === 'sold_before_acceptance' && state?.root != null ? { root: state.root } : {};
}

function gtinOf(cis: string): string | null {
  return cis.startsWith('01') ? cis.slice(2, 16) : null;
}

/**
 * Sold or returned goods stand alone: no package, no delivery hold, and the taxpayer of the receipt is their owner. An
 * authority's block goes along with the leaver, also when it lay on the package.
 */
function changeOf(
  pending: PendingReceipt,
  row: CodeRow,
  state: EffectiveState,
  parent: CodeRow | undefined,
  effect: Exclude<Effect, 'none'>,
): CodeChange {
  return {
    cis: row.cis,
    ver: row.ver + 1,
    event: effect === 'sell' ? 'sold' : 'returned',
    status: effect === 'sell' ? 'withdrawn' : 'in_circulation',
    hold: state.hold === 'blocked' ? 'blocked' : 'none',
    owner: pending.receipt.bin,
    reason: effect === 'sell' ? REASON_RETAIL : null,
    leftVer: parent?.ver ?? null,
    documentId: pending.receiptId,
    occurredAt: pending.at,
    actor: pending.receipt.bin,
  };
}
