import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { TanbaError } from '../../core/errors.ts';
import { nextSpan } from '../../core/trace.ts';
import type { Database } from '../../store/database.ts';
import type { Adapter, Dispatch } from '../adapter.ts';
import type { KnownPartner, PartnerDirectory } from '../partner-directory.ts';
import { maskedExcerpt, maskText } from './masking.ts';
import type { PartnerChecks } from './partner-checks.ts';

export interface DryRunRange {
  /** Of messages made in [from, to), the newest first. */
  readonly from: Date;
  readonly to: Date;
  readonly limit: number;
}

export interface DryRunResult {
  readonly same: number;
  readonly different: number;
  /** Cannot be made under the new settings. */
  readonly failed: number;
  readonly bodyErased: number;
  /** Some of those that differ, masked and cut. */
  readonly differences: readonly { readonly messageId: string; readonly present: string; readonly proposed: string }[];
  readonly failures: readonly { readonly messageId: string; readonly message: string }[];
}

type Settings = Readonly<Record<string, unknown>>;

/** What other settings would have made of past messages. Sends nothing, changes nothing. */
export interface DryRuns {
  dryRun(partnerId: string, settings: Settings, range: DryRunRange): Promise<DryRunResult>;
}

export interface DryRunsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Pick<PartnerDirectory, 'find'>;
  readonly checks: Pick<PartnerChecks, 'settings'>;
}

const LIMIT_MAX = 1_000;
const SAMPLES_MAX = 10;
const EXCERPT_BYTES = 2_048;
const MESSAGE_CHARACTERS = 500;
/** Rendered in one go: others wait meanwhile. */
const TOGETHER = 50;

interface PastRow {
  readonly messageId: string;
  readonly createdAt: Date;
  readonly topic: string;
  readonly trace: string;
  readonly digest: Buffer;
  readonly body: Buffer | null;
}

const PAST_MESSAGES = `
select d.message_id as "messageId", d.message_at as "createdAt", d.topic, m.trace, m.digest, m.body
  from delivery d join message m on m.message_id = d.message_id and m.created_at = d.message_at
 where d.partner_id = $1 and d.message_at >= $2 and d.message_at < $3
 order by d.message_at desc, d.message_id desc limit $4`;

export function createDryRuns({ db, clock, directory, checks }: DryRunsDeps): DryRuns {
  return {
    async dryRun(partnerId, settings, { from, to, limit }) {
      const known = directory.find(partnerId);
      if (known === undefined) throw new TanbaError('exchange.partner_unknown');
      checks.settings(known.adapter, settings);
      const count = Math.max(1, Math.min(limit, LIMIT_MAX));
      const { rows } = await db.query<PastRow>(PAST_MESSAGES, [partnerId, from, to, count]);
      const found: Comparison[] = [];
      for (const [index, row] of rows.entries()) {
        if (index % TOGETHER === TOGETHER - 1) await nextTurn();
        found.push(compare(known, row, settings, clock.now()));
      }
      return resultOf(found);
    },
  };
}

type Comparison =
  | { readonly kind: 'same' | 'body_erased' }
  | {
      readonly kind: 'different';
      readonly messageId: string;
      readonly present: Buffer | null;
      readonly proposed: Buffer;
    }
  | { readonly kind: 'failed'; readonly messageId: string; readonly message: string };

function compare({ partner, adapter }: KnownPartner, row: PastRow, settings: Settings, now: Date): Comparison {
  const { messageId, createdAt, topic, trace, digest, body } = row;
  if (body === null) return { kind: 'body_erased' };
  const traceparent = nextSpan(trace);
  const dispatch = { partner, messageId, topic, createdAt, body, digest, attempt: 1, traceparent, now };
  const proposed = rendered(adapter, { ...dispatch, partner: { ...partner, settings } }, settings);
  if (typeof proposed === 'string') return { kind: 'failed', messageId, message: proposed };
  const present = rendered(adapter, dispatch, partner.settings);
  if (typeof present === 'string') return { kind: 'different', messageId, present: null, proposed };
  return present.equals(proposed) ? { kind: 'same' } : { kind: 'different', messageId, present, proposed };
}

/** The bytes, or why there are none. */
function rendered(adapter: Adapter, dispatch: Dispatch, settings: Settings): Buffer | string {
  try {
    return adapter.render(dispatch, settings);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function resultOf(found: readonly Comparison[]): DryRunResult {
  const different = found.flatMap((one) => (one.kind === 'different' ? [one] : []));
  const failed = found.flatMap((one) => (one.kind === 'failed' ? [one] : []));
  return {
    same: found.filter(({ kind }) => kind === 'same').length,
    different: different.length,
    failed: failed.length,
    bodyErased: found.filter(({ kind }) => kind === 'body_erased').length,
    differences: different.slice(0, SAMPLES_MAX).map(({ messageId, present, proposed }) => ({
      messageId,
      present: present === null ? '' : maskedExcerpt(present, EXCERPT_BYTES),
      proposed: maskedExcerpt(proposed, EXCERPT_BYTES),
    })),
    failures: failed.slice(0, SAMPLES_MAX).map(({ messageId, message }) => ({
      messageId,
      message: maskText(message).slice(0, MESSAGE_CHARACTERS),
    })),
  };
}
