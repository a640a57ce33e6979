/**
 * The life of a code.
 *
 * A code is **emitted** by an order, **applied** to goods (application report), put **in_circulation** (introduction),
 * and leaves circulation **withdrawn** (sold at a till, used, exported …; may be returned) or **written_off** (spoiled,
 * lost, destroyed; final). Packing changes no status. A transport package is in circulation when all that was packed
 * into it was, and is written off with the reason DISAGGREGATED when it is broken up; an SSCC is never used again.
 *
 * Besides its status a code has a hold (awaiting_acceptance, customs_control, awaiting_remark, blocked): while it is
 * not `none`, no document moves the code. A receipt is a fact that has happened and looks at `blocked` as an anomaly.
 *
 * A code inside a package has no owner and no delivery hold of its own: they are those of its outermost package, and a
 * terminal status anywhere above it wins over its own (`effective-state.ts`).
 */
export const CODE_STATUSES = ['emitted', 'applied', 'in_circulation', 'withdrawn', 'written_off'] as const;
export type CodeStatus = (typeof CODE_STATUSES)[number];

export const CODE_HOLDS = ['none', 'awaiting_acceptance', 'customs_control', 'awaiting_remark', 'blocked'] as const;
export type CodeHold = (typeof CODE_HOLDS)[number];

export const CODE_TYPES = ['unit', 'group', 'set', 'transport'] as const;
export type CodeType = (typeof CODE_TYPES)[number];

export type CodeEvent =
  | 'applied'
  | 'introduced'
  | 'aggregated'
  | 'packed'
  | 'unpacked'
  | 'disaggregated'
  | 'sold'
  | 'withdrawn'
  | 'returned'
  | 'written_off';

export interface Transition {
  /** Effective statuses from which the event is allowed. Empty: the event creates the code (aggregated). */
  readonly from: readonly CodeStatus[];
  /** Status after the event; null keeps it. */
  readonly to: CodeStatus | null;
  readonly types: readonly CodeType[];
  /** Whether the code steps out of its package: terminal events concern this code alone, not its package. */
  readonly leavesPackage: boolean;
}

const ISSUED: readonly CodeType[] = ['unit', 'group', 'set'];
const ANY: readonly CodeType[] = CODE_TYPES;

/** The one table of allowed transitions; code, API documentation and docs/lifecycle.md read it. */
export const TRANSITIONS: Readonly<Record<CodeEvent, Transition>> = {
  applied: { from: ['emitted'], to: 'applied', types: ISSUED, leavesPackage: false },
  introduced: { from: ['applied'], to: 'in_circulation', types: ANY, leavesPackage: false },
  aggregated: { from: [], to: null, types: ['transport'], leavesPackage: false },
  packed: { from: ['applied', 'in_circulation'], to: null, types: ANY, leavesPackage: false },
  unpacked: { from: ['applied', 'in_circulation'], to: null, types: ANY, leavesPackage: false },
  disaggregated: { from: ['applied', 'in_circulation'], to: 'written_off', types: ['transport'], leavesPackage: true },
  sold: { from: ['in_circulation'], to: 'withdrawn', types: ANY, leavesPackage: true },
  withdrawn: { from: ['in_circulation'], to: 'withdrawn', types: ANY, leavesPackage: true },
  returned: { from: ['withdrawn'], to: 'in_circulation', types: ANY, leavesPackage: true },
  written_off: { from: ['emitted', 'applied', 'in_circulation'], to: 'written_off', types: ANY, leavesPackage: true },
};

/** A code that has left circulation, itself or by a package above it. */
export function isTerminal(status: CodeStatus): boolean {
  return status === 'withdrawn' || status === 'written_off';
}

/** The reason of a sale at a till; the public check tells `sold` from `withdrawn` by it. */
export const REASON_RETAIL = 'RETAIL';
/** The reason with which a broken-up package is written off. */
export const REASON_DISAGGREGATED = 'DISAGGREGATED';

/** Packages inside packages, counted from a unit upwards (design: at most five levels). */
export const PACKAGE_LEVELS_MAX = 5;
