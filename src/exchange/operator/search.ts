import type { MarkReader } from '../../core/codes/mark-reader.ts';
import { TanbaError } from '../../core/errors.ts';
import type { Database } from '../../store/database.ts';
import type { DeliveryState } from '../delivery-states.ts';
import { keysOfCode } from './code-keys.ts';
import { type MessageHeader, messageHeaders } from './message-headers.ts';
import { cursorOf, isUuid, type MessagePlace, readCursor } from './message-place.ts';
import { BY_KEY, BY_KEYS, BY_MESSAGE, BY_PARTNER, BY_PARTNERS, BY_UNFINISHED_STATE } from './search-statements.ts';

/** All that is given must hold. */
export interface SearchQuery {
  /** A code in any form; what was told about it, and about the packages around it. */
  readonly cis?: string | undefined;
  readonly gtin?: string | undefined;
  readonly document?: string | undefined;
  readonly receipt?: string | undefined;
  readonly order?: string | undefined;
  /** The partner's own id of a message it sent us. */
  readonly partnerMessage?: string | undefined;
  readonly partner?: string | undefined;
  readonly messageId?: string | undefined;
  readonly traceId?: string | undefined;
  /** Of one of its deliveries. */
  readonly state?: DeliveryState | undefined;
  readonly topic?: string | undefined;
  readonly direction?: 'outbound' | 'inbound' | undefined;
  readonly from?: Date | undefined;
  /** Not included. */
  readonly to?: Date | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface SearchPage {
  readonly messages: readonly MessageHeader[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** "What did we tell whom about it, and did it arrive?" Newest first, over months of messages. */
export interface Search {
  search(query: SearchQuery): Promise<SearchPage>;
}

const LIMIT = 50;
const LIMIT_MAX = 100;

export interface SearchDeps {
  readonly db: Database;
  readonly markReader: Pick<MarkReader, 'read'>;
}

export function createSearch({ db, markReader }: SearchDeps): Search {
  return {
    async search(query) {
      const limit = Math.max(1, Math.min(query.limit ?? LIMIT, LIMIT_MAX));
      const { text, values } = await planOf(query);
      if (text === null) return { messages: [], nextCursor: null };
      const { rows } = await db.query<MessagePlace>(text, [...placeOf(query, limit + 1), ...values]);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        messages: await messageHeaders(
          db,
          page.map(({ messageId }) => messageId),
        ),
        nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null,
      };
    },
  };

  /** What leads to the fewest messages leads; the rest is looked up for each of them. */
  async function planOf(query: SearchQuery): Promise<Plan> {
    const { cis, messageId, traceId } = query;
    if (messageId !== undefined && !isUuid(messageId)) return NOTHING;
    const keys = keysOf(query);
    const about = [traceId?.toLowerCase() ?? null, messageId ?? null];
    if (cis !== undefined) {
      const ofCode = await keysOfCode(db, markReader, cis);
      return ofCode.length === 0 ? NOTHING : { text: BY_KEYS, values: [keys, ...about, ofCode] };
    }
    if (messageId !== undefined || traceId !== undefined) return { text: BY_MESSAGE, values: [keys, ...about] };
    const [key, ...more] = keys;
    if (key !== undefined) return { text: BY_KEY, values: [more, ...about, key] };
    return { text: withoutKey(query), values: [] };
  }
}

interface Plan {
  /** Null: nothing can be found. */
  readonly text: string | null;
  /** After those of every statement. */
  readonly values: readonly unknown[];
}

const NOTHING: Plan = { text: null, values: [] };

function withoutKey({ partner, state, topic }: SearchQuery): string {
  if (partner === undefined && state === undefined && topic === undefined) {
    throw new TanbaError('exchange.search_without_key');
  }
  const unfinished = state === undefined ? undefined : BY_UNFINISHED_STATE[state];
  return unfinished ?? (partner === undefined ? BY_PARTNERS : BY_PARTNER);
}

/** The rarest kind first. */
function keysOf({ partnerMessage, document, receipt, order, gtin }: SearchQuery): string[] {
  const pairs = [
    ['partner-message', partnerMessage],
    ['document', document],
    ['receipt', receipt],
    ['order', order],
    ['gtin', gtin],
  ] as const;
  return pairs.flatMap(([kind, value]) => (value === undefined ? [] : [`${kind}:${value}`]));
}

function placeOf({ topic, direction, partner, state, from, to, cursor }: SearchQuery, limit: number): unknown[] {
  const place = cursor === undefined ? null : readCursor(cursor);
  const told = [topic, direction, partner, state, from, to, place?.createdAt, place?.messageId];
  return [...told.map((value) => value ?? null), limit];
}
