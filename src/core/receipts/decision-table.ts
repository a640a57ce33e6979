import type { CodeHold, CodeStatus } from '../lifecycle/transitions.ts';
import { REASON_RETAIL } from '../lifecycle/transitions.ts';

/**
 * What a fiscal receipt does to a code: operation × status × owner → effect and anomaly.
 *
 * A receipt is fiscal truth: the goods have changed hands at a till, whatever the store thought of the code. So a sale
 * of goods in circulation always takes them out of circulation, and what was wrong about it is an anomaly beside the
 * effect. Only where the store knows better than the till (never applied, never introduced, already gone) the code
 * stays as it is and the anomaly says why. Purchases at a till (operations BUY and BUY_RETURN) change no code:
 * ownership changes only on data confirmed by both sides (order 44-н/қ, p.40) and re-entry needs a document (p.45–47).
 */
export const OPERATIONS = ['sale', 'sale_return', 'purchase', 'purchase_return'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** `sold` is withdrawn by a till; `withdrawn` by any other reason; `unknown` is no code of ours. */
export const SEEN_STATUSES = [
  'unknown',
  'emitted',
  'applied',
  'in_circulation',
  'sold',
  'withdrawn',
  'written_off',
] as const;
export type SeenStatus = (typeof SEEN_STATUSES)[number];

/** Whether the code's effective owner is the taxpayer of the receipt. */
export const OWNERS = ['seller', 'other'] as const;
export type Owner = (typeof OWNERS)[number];

export type Effect = 'sell' | 'return' | 'none';

/** Each anomaly is also an error code `receipts.<anomaly>` with its three texts. */
export type Anomaly =
  | 'unknown_code'
  | 'malformed_code'
  | 'repeated_in_receipt'
  | 'part_of_unit'
  | 'sold_before_application'
  | 'sold_before_introduction'
  | 'sold_by_other_owner'
  | 'already_sold'
  | 'sold_after_withdrawal'
  | 'sold_after_write_off'
  | 'sold_before_acceptance'
  | 'sold_under_customs_control'
  | 'sold_before_remark'
  | 'sold_while_blocked'
  | 'sold_after_expiry'
  | 'price_out_of_range'
  | 'returned_without_sale'
  | 'returned_to_other_seller'
  | 'returned_after_write_off'
  | 'purchased_before_introduction'
  | 'purchased_own_goods'
  | 'purchased_after_withdrawal';

export interface Decision {
  readonly effect: Effect;
  readonly anomaly: Anomaly | null;
}

type Row = Readonly<Record<Owner, Decision>>;

const cell = (effect: Effect, anomaly: Anomaly | null): Decision => ({ effect, anomaly });
const both = (effect: Effect, anomaly: Anomaly | null): Row => ({
  seller: cell(effect, anomaly),
  other: cell(effect, anomaly),
});
const split = (seller: Decision, other: Decision): Row => ({ seller, other });

export const DECISIONS: Readonly<Record<Operation, Readonly<Record<SeenStatus, Row>>>> = {
  sale: {
    unknown: both('none', 'unknown_code'),
    emitted: both('none', 'sold_before_application'),
    applied: both('none', 'sold_before_introduction'),
    in_circulation: split(cell('sell', null), cell('sell', 'sold_by_other_owner')),
    sold: both('none', 'already_sold'),
    withdrawn: both('none', 'sold_after_withdrawal'),
    written_off: both('none', 'sold_after_write_off'),
  },
  sale_return: {
    unknown: both('none', 'unknown_code'),
    emitted: both('none', 'returned_without_sale'),
    applied: both('none', 'returned_without_sale'),
    in_circulation: both('none', 'returned_without_sale'),
    sold: split(cell('return', null), cell('return', 'returned_to_other_seller')),
    withdrawn: both('none', 'returned_without_sale'),
    written_off: both('none', 'returned_after_write_off'),
  },
  purchase: {
    unknown: both('none', 'unknown_code'),
    emitted: both('none', 'purchased_before_introduction'),
    applied: both('none', 'purchased_before_introduction'),
    in_circulation: split(cell('none', 'purchased_own_goods'), cell('none', null)),
    sold: both('none', null),
    withdrawn: both('none', 'purchased_after_withdrawal'),
    written_off: both('none', 'purchased_after_withdrawal'),
  },
  purchase_return: {
    unknown: both('none', 'unknown_code'),
    emitted: both('none', 'purchased_before_introduction'),
    applied: both('none', 'purchased_before_introduction'),
    in_circulation: both('none', null),
    sold: both('none', null),
    withdrawn: both('none', 'purchased_after_withdrawal'),
    written_off: both('none', 'purchased_after_withdrawal'),
  },
};

/** A sale of goods that were held is a sale all the same; the hold is its anomaly. */
const SALE_UNDER_HOLD: Readonly<Record<CodeHold, Anomaly | null>> = {
  none: null,
  awaiting_acceptance: 'sold_before_acceptance',
  customs_control: 'sold_under_customs_control',
  awaiting_remark: 'sold_before_remark',
  blocked: 'sold_while_blocked',
};

export interface SeenCode {
  readonly status: CodeStatus;
  readonly hold: CodeHold;
  readonly owner: string | null;
  readonly reason: string | null;
}

/** How the table sees an effective state; null is a code that does not exist. */
export function seenStatus(code: Pick<SeenCode, 'status' | 'reason'> | null): SeenStatus {
  if (code === null) return 'unknown';
  return code.status === 'withdrawn' && code.reason === REASON_RETAIL ? 'sold' : code.status;
}

/**
 * @param refuseOtherOwner the product group's rule `saleByOtherOwner: refuse` (acceptance gating, order 44-н/қ p.41):
 *   the code of another owner stays in circulation and only the anomaly is recorded.
 */
export function decide(
  operation: Operation,
  code: SeenCode | null,
  taxpayer: string,
  refuseOtherOwner: boolean,
): Decision {
  const owner: Owner = code !== null && code.owner === taxpayer ? 'seller' : 'other';
  const decision = DECISIONS[operation][seenStatus(code)][owner];
  if (decision.effect !== 'sell' || code === null) return decision;
  if (decision.anomaly === 'sold_by_other_owner' && refuseOtherOwner) return cell('none', decision.anomaly);
  return decision.anomaly === null ? cell('sell', SALE_UNDER_HOLD[code.hold]) : decision;
}
