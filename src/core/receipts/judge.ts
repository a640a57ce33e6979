import type { CodeRows } from '../lifecycle/code-rows.ts';
import { pathOf } from '../lifecycle/code-rows.ts';
import type { CodeRow, EffectiveState } from '../lifecycle/effective-state.ts';
import { effectiveState } from '../lifecycle/effective-state.ts';
import { REASON_RETAIL } from '../lifecycle/transitions.ts';
import type { CodeChange } from '../lifecycle/write.ts';
import type { Anomaly, Effect } from './decision-table.ts';
import { decide } from './decision-table.ts';
import type { Receipt } from './receipt.ts';

/** A mark of a receipt after parsing; cis null: no marking code at all. */
export interface Mark {
  readonly text: string;
  readonly cis: string | null;
  /** The product group's rule `saleByOtherOwner: refuse`. */
  readonly refuseOtherOwner: boolean;
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

export interface Judgement {
  readonly outcomes: readonly MarkOutcome[];
  readonly changes: readonly CodeChange[];
  /** Packages that the judgement relied on (share-locked). */
  readonly packages: ReadonlySet<string>;
}

const OUTCOMES: Readonly<Record<Effect, CodeOutcome>> = { sell: 'sold', return: 'returned', none: 'unchanged' };

/**
 * What a receipt does, given its codes' rows and the packages above them (all locked). Pure.
 * Null when a package of a path is not among `packages`: somebody else holds it, the receipt has to wait.
 */
export function judge(pending: PendingReceipt, codes: CodeRows, packages: CodeRows): Judgement | null {
  const outcomes: MarkOutcome[] = [];
  const changes: CodeChange[] = [];
  const reliedOn = new Set<string>();
  const seen = new Set<string>();
  for (const mark of pending.marks) {
    if (mark.cis === null) {
      outcomes.push({ cis: null, mark: mark.text, outcome: 'unchanged', anomaly: 'malformed_code' });
      continue;
    }
    if (seen.has(mark.cis)) {
      outcomes.push({ cis: mark.cis, outcome: 'unchanged', anomaly: 'repeated_in_receipt' });
      continue;
    }
    seen.add(mark.cis);
    const row = codes.get(mark.cis) ?? null;
    const path = row === null ? [] : pathOf(row, packages);
    if (path === null) return null;
    for (const above of path) reliedOn.add(above.cis);
    const state = row === null ? null : effectiveState(row, path);
    const { effect, anomaly } = decide(pending.receipt.operation, state, pending.receipt.bin, mark.refuseOtherOwner);
    outcomes.push({ cis: mark.cis, outcome: OUTCOMES[effect], anomaly });
    if (row !== null && state !== null && effect !== 'none')
      changes.push(changeOf(pending, row, state, path[0], effect));
  }
  return { outcomes, changes, packages: reliedOn };
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
