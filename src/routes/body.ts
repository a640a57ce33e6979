import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Readable, Transform, type TransformCallback } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { TanbaError } from '../core/errors.ts';

/** The caller went away in the middle of its body: nobody is left to be answered. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

/** The whole body, decompressed, refused as soon as it is known to be longer than the limit. */
export function readBody(req: IncomingMessage, res: ServerResponse, limitBytes: number): Promise<Buffer> {
  const source = needsDecoder(req) ? openBody(req, res, limitBytes) : announced(req, res, limitBytes);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else finish(tooLarge(limitBytes));
    };
    const onEnd = (): void => finish();
    // On the request itself every error means a broken connection; a decoder's errors are ours already.
    const onError = (error: Error): void => finish(source === req ? new CallerGone() : error);
    const finish = (error?: Error): void => {
      source.off('data', onData).off('end', onEnd).off('error', onError);
      if (error === undefined) resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
      else reject(error);
    };
    source.on('data', onData).on('end', onEnd).on('error', onError);
  });
}

/**
 * The body as a stream that holds at most its buffers: errors with request.body_too_large past the limit. The limit
 * counts before and after decompression, since empty compressed blocks decompress to nothing for ever.
 */
export function openBody(req: IncomingMessage, res: ServerResponse, limitBytes: number): Readable {
  const decoder = decoderFor(req);
  announced(req, res, limitBytes);
  const output = new SizeLimit(limitBytes);
  const input = decoder === null ? output : new SizeLimit(limitBytes);
  const onGone = (): void => {
    output.destroy(new CallerGone());
  };
  // Whoever reads the stream hears of its errors; a handler that does not must not bring the process down.
  output.on('error', () => undefined);
  if (decoder !== null) {
    input.on('error', (error) => output.destroy(error)).pipe(decoder);
    decoder.on('error', (cause) => output.destroy(new TanbaError('request.encoding_broken', { cause })));
    decoder.pipe(output);
  }
  output.once('close', () => {
    req.off('error', onGone).unpipe(input);
    decoder?.destroy();
    input.destroy();
  });
  req.once('error', onGone).pipe(input);
  return output;
}

/** Refuses a body by its announced length; only now may a caller that asked first send it. */
function announced(req: IncomingMessage, res: ServerResponse, limitBytes: number): IncomingMessage {
  // A request destroyed while its key was looked up would emit nothing any more.
  if (req.destroyed) throw new CallerGone();
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  if (req.headers.expect !== undefined) res.writeContinue();
  return req;
}

function tooLarge(limitBytes: number): TanbaError {
  return new TanbaError('request.body_too_large', { details: { limit: limitBytes } });
}

function needsDecoder(req: IncomingMessage): boolean {
  const encoding = req.headers['content-encoding'];
  return encoding !== undefined && encoding !== 'identity';
}

function decoderFor(req: IncomingMessage): Transform | null {
  switch (req.headers['content-encoding']?.toLowerCase()) {
    case undefined:
    case 'identity':
      return null;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new TanbaError('request.encoding_unsupported');
  }
}

class SizeLimit extends Transform {
  readonly #limitBytes: number;
  #size = 0;

  constructor(limitBytes: number) {
    super();
    this.#limitBytes = limitBytes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length;
    if (this.#size > this.#limitBytes) done(tooLarge(this.#limitBytes));
    else done(null, chunk);
  }
}
