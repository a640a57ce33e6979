import { Readable } from 'node:stream';
import type { Queryable } from '../../store/database.ts';
import { TanbaError } from '../errors.ts';
import { type DownloadFormat, isTextResult, type TextResult, type TextTask } from './download-worker.ts';
import type { KeyRing } from './key-ring.ts';
import { positionOf } from './line-codes.ts';
import { type FetchLine, ownSerials, type Pack } from './packs.ts';
import { seedContext } from './serials.ts';
import type { CodeTemplate } from './template.ts';
import { createWorkerPool } from './worker-pool.ts';

export interface PackText {
  readonly orderId: string;
  readonly template: CodeTemplate;
  readonly line: FetchLine;
  readonly pack: Pack;
  readonly format: DownloadFormat;
}

/** Turns packs into text. Tails are made here and never kept. */
export interface Downloads {
  /** Throws 'orders.too_many_downloads' when as many as can be served at once are under way. */
  assertRoom(): void;
  open(wanted: PackText): Readable;
  stop(): Promise<void>;
}

export interface DownloadsDeps {
  readonly db: Queryable;
  readonly keyRing: Pick<KeyRing, 'unseal' | 'signingKey'>;
  readonly threads: number;
}

/** Each holds a few pieces of at most 1.4 MB in memory. */
const DOWNLOADS_MAX = 32;
const RETRY_AFTER_SECONDS = 5;
/** A signature takes 30 to 40 µs: 70 ms a piece, so that both cores end together and a caller gone is noticed soon. */
const CODES_PER_SIGNED_PIECE = 2_000;
const CODES_PER_PIECE = 10_000;

export function createDownloads({ db, keyRing, threads }: DownloadsDeps): Downloads {
  const pool = createWorkerPool<TextTask, TextResult>({
    script: './download-worker',
    from: import.meta.url,
    size: threads,
    isResult: isTextResult,
  });
  // Every thread has a piece in hand and one waiting.
  const piecesAhead = 2 * threads;
  let open = 0;

  async function* text(prepared: Iterable<() => Promise<TextTask>>): AsyncGenerator<Uint8Array> {
    const ahead: Promise<TextResult>[] = [];
    const source = prepared[Symbol.iterator]();
    const fill = (): void => {
      while (ahead.length < piecesAhead) {
        const next = source.next();
        if (next.done) return;
        const piece = next.value().then((task) => pool.run(task));
        // Awaited in order below; a failure before its turn must not count as unhandled.
        piece.catch(() => undefined);
        ahead.push(piece);
      }
    };
    for (fill(); ahead.length > 0; fill()) {
      const piece = await ahead.shift();
      if (piece !== undefined) yield piece.text;
    }
  }

  return {
    assertRoom() {
      if (open < DOWNLOADS_MAX) return;
      throw new TanbaError('orders.too_many_downloads', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    },
    open(wanted) {
      const pieces = text(tasks(db, keyRing, wanted));
      const { packId } = wanted.pack;
      const readable = Readable.from(wanted.format === 'json' ? jsonPack(packId, pieces) : pieces, {
        objectMode: false,
      });
      open += 1;
      readable.once('close', () => {
        open -= 1;
      });
      return readable;
    },
    stop: () => pool.stop(),
  };
}

/** The pieces of a pack, each as the task that makes it. */
function* tasks(
  db: Queryable,
  keyRing: DownloadsDeps['keyRing'],
  { orderId, template, line, pack, format }: PackText,
): Generator<() => Promise<TextTask>> {
  const { gtin, lineId, sealedSeed, skipped } = line;
  const seed = sealedSeed === null ? undefined : keyRing.unseal(sealedSeed, seedContext(orderId, gtin));
  const base = { kind: 'text', format, template, gtin, key: keyRing.signingKey(line.keyId) } as const;
  const size = template.tail === 'key-and-signature-88' ? CODES_PER_SIGNED_PIECE : CODES_PER_PIECE;
  for (let done = 0; done < pack.count; done += size) {
    const first = pack.first + done;
    const count = Math.min(size, pack.count - done);
    if (seed === undefined) {
      yield async () => {
        const serials = await ownSerials(db, lineId, first, count);
        return { ...base, source: { kind: 'own', serials }, from: 0, count, skipped: [] };
      };
    } else {
      const from = positionOf(first, skipped);
      const to = positionOf(first + count - 1, skipped);
      const inside = skipped.filter((position) => position >= from && position <= to);
      const task: TextTask = { ...base, source: { kind: 'stream', seed }, from, count: to - from + 1, skipped: inside };
      yield () => Promise.resolve(task);
    }
  }
}

async function* jsonPack(packId: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | string> {
  yield `{"packId":${JSON.stringify(packId)},"codes":[`;
  let first = true;
  for await (const piece of pieces) {
    if (!first) yield ',';
    first = false;
    yield piece;
  }
  yield ']}';
}
