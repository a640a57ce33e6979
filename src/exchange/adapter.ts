import type { TSchema } from 'typebox';
import type { Partner } from './partner.ts';
import type { PolicyChanges } from './policy/policy.ts';

/** One message on its way to one partner, as an adapter gets it. */
export interface Dispatch {
  readonly partner: Partner;
  /** Stable over all attempts and replays: by it the partner recognises a repetition. */
  readonly messageId: string;
  readonly topic: string;
  /** When what the message tells of happened. */
  readonly createdAt: Date;
  /** The message's bytes, the same at every attempt. JSON in UTF-8. */
  readonly body: Buffer;
  /** SHA-256 of `body`. */
  readonly digest: Buffer;
  /** 1 for the first attempt since the message was made or replayed. */
  readonly attempt: number;
  /** W3C traceparent of this attempt. */
  readonly traceparent: string;
  readonly now: Date;
}

/**
 * How an attempt ended.
 * delivered: the partner has it. rejected: it will never take it, so trying again is useless. failed: it has not, or has
 * said so. uncertain: it was sent, and nobody knows whether it arrived. infrastructure: something of ours failed before
 * anything was sent; spends no attempt.
 */
export type AttemptOutcome = 'delivered' | 'rejected' | 'failed' | 'uncertain' | 'infrastructure';

export interface AttemptResult {
  readonly outcome: AttemptOutcome;
  /** Stable and short, for operators and metrics: http.500, tcp.refused, tls.certificate_expired, timeout, reset. */
  readonly code: string;
  /** The partner's wish, seconds. */
  readonly retryAfterSeconds?: number;
  /** The partner has too much to do (429, 503, a timeout): it gets a longer rest. */
  readonly overloaded?: boolean;
  /** What was sent and what came back, secrets and personal data masked, of bounded size. */
  readonly sent: Readonly<Record<string, unknown>>;
  readonly answer: Readonly<Record<string, unknown>> | null;
}

/** One step on the way to a partner, for "why can't I reach it". Safe to paste into a ticket. */
export interface ReachabilityStep {
  readonly step: 'settings' | 'dns' | 'tcp' | 'tls' | 'clock' | 'auth' | 'schema';
  readonly outcome: 'good' | 'bad' | 'not_tried';
  /** One English sentence. */
  readonly finding: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** What delivers to partners of one kind. Knows a protocol; knows no queue, no retry and no database of deliveries. */
export interface Adapter {
  /** Lower-case, stable: part of the name of its queue. */
  readonly name: string;
  /** What its partners' `settings` look like. */
  readonly settings: TSchema;
  /** What differs from the general policy for partners of this kind. */
  readonly policy: PolicyChanges;
  /** Never throws for what a partner does; a throw is a fault of ours and counts as `infrastructure`. */
  deliver(dispatch: Dispatch, signal: AbortSignal): Promise<AttemptResult>;
  /** Where the partner can be asked whether an earlier attempt arrived. */
  queryOutcome?(dispatch: Dispatch, signal: AbortSignal): Promise<'arrived' | 'not_arrived' | 'unknown'>;
  /** The bytes that would be sent under other settings, for a dry run. Throws where they cannot be made. */
  render(dispatch: Dispatch, settings: Readonly<Record<string, unknown>>): Buffer;
  explainReach(partner: Partner, signal: AbortSignal): Promise<readonly ReachabilityStep[]>;
  /** Ends connections kept open. */
  close(): Promise<void>;
}
