import { randomUUID } from 'node:crypto';

/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/): `00-<32 hex trace id>-<16 hex span id>-<2 hex flags>`. It
 * comes with a request, is kept with what the request made, and leaves with the messages about it.
 */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The caller's trace where it sent a valid one, else a new one, not sampled. */
export function traceOf(header: string | undefined): string {
  return header !== undefined && isTraceparent(header) ? header.slice(0, 55) : newTrace();
}

export function newTrace(): string {
  return `00-${newSpanId()}${newSpanId()}-${newSpanId()}-00`;
}

/** The same trace, another step of it. */
export function nextSpan(traceparent: string): string {
  const [version, traceId, , flags] = traceparent.split('-');
  return `${version}-${traceId}-${newSpanId()}-${flags}`;
}

export function traceIdOf(traceparent: string): string {
  return traceparent.split('-')[1] ?? '';
}

function isTraceparent(value: string): boolean {
  const parts = TRACEPARENT.exec(value);
  if (parts === null) return false;
  const [, traceId = '', spanId = '', , rest] = parts;
  const version = value.slice(0, 2);
  // All zeros and version ff are invalid; only a later version may have more fields.
  return version !== 'ff' && /[^0]/.test(traceId) && /[^0]/.test(spanId) && (version !== '00' || rest === undefined);
}

/** 64 random bits as hex, of a UUID's first and last group: the runtime draws the randomness of those in large portions. */
function newSpanId(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 4) + uuid.slice(24);
}
