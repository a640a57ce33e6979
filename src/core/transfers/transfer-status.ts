/**
 * A shipment waits until each of its lines is decided. Then it is **accepted** when everything was, **refused** or
 * **cancelled** when nothing was, and **accepted_in_part** between: something was refused, cancelled, or gone on the way.
 */
export const TRANSFER_STATUSES = [
  'awaiting_acceptance',
  'accepted',
  'accepted_in_part',
  'refused',
  'cancelled',
] as const;
export type TransferStatus = (typeof TRANSFER_STATUSES)[number];

/** How many lines of a shipment still wait, were accepted, and ended in another way. */
export interface LineOutcomes {
  readonly awaiting: number;
  readonly accepted: number;
  readonly otherwise: number;
}

/** @param event what the latest document about it was */
export function statusAfter(
  event: 'accepted' | 'refused' | 'shipment_cancelled',
  outcomes: LineOutcomes,
): TransferStatus {
  if (outcomes.awaiting > 0) return 'awaiting_acceptance';
  if (outcomes.accepted > 0 || event === 'accepted') {
    return outcomes.otherwise === 0 ? 'accepted' : 'accepted_in_part';
  }
  return event === 'refused' ? 'refused' : 'cancelled';
}
