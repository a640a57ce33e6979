/**
 * The life of a code.
 *
 * A code is **emitted** by an order, **applied** to goods (application report), put **in_circulation** (introduction),
 * and leaves circulation **withdrawn** (sold at a till, used, exported …; may be returned) or **written_off** (spoiled,
 * lost, destroyed; final). Packing changes no status. A transport package is in circulation when all that was packed
 * into it was, and is written off with the reason DISAGGREGATED when it is broken up; an SSCC is never used again.
 *
 * Besides its status a code has a hold. **Shipped** goods are `awaiting_acceptance` until the receiver has **accepted**
 * them (and owns them then) or **refused** them, or the sender has cancelled the shipment. An authority's block holds a
 * code `blocked` until its release; `customs_control` holds goods that came into the country until customs let them go.
 * A code that **remarked** goods takes the place of one that has left circulation, never of one that has not. While a code is held, only the documents that end the hold move it. A receipt is a
 * fact that has happened: what it meets is an anomaly.
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
  | 'removed'
  | 'disaggregated'
  | 'sold'
  | 'withdrawn'
  | 'returned'
  | 'written_off'
  | 'shipped'
  | 'accepted'
  | 'refused'
  | 'shipment_cancelled'
  | 'corrected'
  | 'blocked'
  | 'released'
  | 'customs_held'
  | 'customs_released'
  | 'remarked'
  | 'annulled'
  | 'imported';

export interface Transition {
  /** Effective statuses from which the event is allowed. Empty: the event creates the code (aggregated, imported). */
  readonly from: readonly CodeStatus[];
  /** Status after the event; null keeps it. */
  readonly to: CodeStatus | null;
  readonly types: readonly CodeType[];
  /** Whether the code steps out of its package: the event concerns this code alone, not its package. */
  readonly leavesPackage: boolean;
  /** The effective hold under which a document may do it, null: any. A receipt is a fact and asks no hold. */
  readonly holdFrom: CodeHold | null;
  /** Hold after the event; null keeps it. */
  readonly holdTo: CodeHold | null;
  /** Whether a package goes with everything in it, so that an authority's block inside stops it. */
  readonly takesContent: boolean;
}

const ISSUED: readonly CodeType[] = ['unit', 'group', 'set'];
const ANY: readonly CodeType[] = CODE_TYPES;
const ON_GOODS: readonly CodeStatus[] = ['applied', 'in_circulation'];
const PRESENT: readonly CodeStatus[] = ['emitted', 'applied', 'in_circulation'];

/** What most events have: on every type, no hold before or after, in place, and nothing is said of the content. */
const PLAIN = { types: ANY, leavesPackage: false, holdFrom: 'none', holdTo: null, takesContent: false } as const;
/** The code goes away from where it is, with all that is in it. */
const GOES = { ...PLAIN, leavesPackage: true, takesContent: true } as const;
/** Under way between two participants; either end of it. */
const UNDER_WAY = {
  ...GOES,
  from: ['in_circulation'],
  to: null,
  holdFrom: 'awaiting_acceptance',
  holdTo: 'none',
} as const;

/** The one table of allowed transitions; code, API documentation and docs/lifecycle.md read it. */
export const TRANSITIONS: Readonly<Record<CodeEvent, Transition>> = {
  applied: { ...PLAIN, from: ['emitted'], to: 'applied', types: ISSUED },
  introduced: { ...PLAIN, from: ['applied'], to: 'in_circulation' },
  corrected: { ...PLAIN, from: ON_GOODS, to: null, types: ISSUED },
  aggregated: { ...PLAIN, from: [], to: null, types: ['transport'] },
  packed: { ...PLAIN, from: ON_GOODS, to: null, takesContent: true },
  unpacked: { ...PLAIN, from: ON_GOODS, to: null },
  removed: { ...GOES, from: ON_GOODS, to: null },
  disaggregated: { ...PLAIN, from: ON_GOODS, to: 'written_off', types: ['transport'], leavesPackage: true },
  shipped: { ...GOES, from: ['in_circulation'], to: null, holdTo: 'awaiting_acceptance' },
  accepted: UNDER_WAY,
  refused: { ...UNDER_WAY, takesContent: false },
  shipment_cancelled: { ...UNDER_WAY, takesContent: false },
  blocked: { ...PLAIN, from: PRESENT, to: null, holdFrom: null, holdTo: 'blocked' },
  released: { ...PLAIN, from: [...PRESENT, 'withdrawn'], to: null, holdFrom: 'blocked', holdTo: 'none' },
  customs_held: { ...PLAIN, from: ['applied'], to: null, holdTo: 'customs_control' },
  customs_released: { ...PLAIN, from: ['applied'], to: null, holdFrom: 'customs_control', holdTo: 'none' },
  sold: { ...GOES, from: ['in_circulation'], to: 'withdrawn' },
  withdrawn: { ...GOES, from: ['in_circulation'], to: 'withdrawn' },
  returned: { ...GOES, from: ['withdrawn'], to: 'in_circulation' },
  written_off: { ...GOES, from: PRESENT, to: 'written_off' },
  remarked: { ...PLAIN, from: ['emitted'], to: 'in_circulation', types: ISSUED },
  annulled: { ...GOES, from: ['emitted'], to: 'written_off', types: ISSUED },
  imported: { ...PLAIN, from: [], to: null },
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
