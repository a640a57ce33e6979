import { TanbaError } from '../../core/errors.ts';
import { storableText } from '../../core/storable.ts';

/** Who decides, and from where. */
export interface Operator {
  readonly bin: string;
  readonly ip: string | null;
}

const REASON_MIN = 3;
const REASON_MAX = 500;

/** Why somebody decided so: asked for with every decision, and kept in the audit log. */
export function checkedReason(reason: string): string {
  const text = storableText(reason.trim());
  if (text.length >= REASON_MIN && text.length <= REASON_MAX) return text;
  throw new TanbaError('exchange.reason_needed', { path: '/reason', details: { min: REASON_MIN, max: REASON_MAX } });
}
