import type { CodeEvent } from '../lifecycle/transitions.ts';
import type { DocumentKind } from './kinds.ts';

/** What each kind of document does to the codes that it is about. */
export const EVENT_OF_KIND: Readonly<Record<DocumentKind, CodeEvent>> = {
  utilisation: 'applied',
  introduction: 'introduced',
  correction: 'corrected',
  aggregation: 'packed',
  reaggregation: 'packed',
  removal: 'removed',
  disaggregation: 'disaggregated',
  withdrawal: 'withdrawn',
  return: 'returned',
  write_off: 'written_off',
  remarking: 'remarked',
  shipment: 'shipped',
  acceptance: 'accepted',
  refusal: 'refused',
  shipment_cancellation: 'shipment_cancelled',
  blocking: 'blocked',
  release: 'released',
  customs_control: 'customs_held',
  customs_release: 'customs_released',
};
