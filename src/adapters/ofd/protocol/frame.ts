/** One request or answer: an 18-byte header, all little-endian, and a protobuf message behind it. */
export interface Frame {
  /** Decimal digits: 203 is 2.0.3. */
  readonly version: number;
  readonly deviceId: number;
  readonly token: number;
  /** 0 … 65535. */
  readonly requestNumber: number;
  readonly payload: Buffer;
}

/** A header that is none, or a size that cannot be: whatever follows it cannot be read. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code: 'no_header' | 'size_too_small' | 'size_too_large';
  /** Whose it is, where the header could be read. */
  readonly frame: Omit<Frame, 'payload'> | null;

  constructor(code: FrameError['code'], frame: FrameError['frame']) {
    super(code);
    this.code = code;
    this.frame = frame;
  }
}

const APP_CODE = 0x81a2;
export const HEADER_BYTES = 18;
const AT = { version: 2, size: 4, deviceId: 8, token: 12, requestNumber: 16 } as const;

export function encodeFrame({ version, deviceId, token, requestNumber, payload }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  bytes.writeUInt16LE(APP_CODE, 0);
  bytes.writeUInt16LE(version, AT.version);
  bytes.writeUInt32LE(bytes.length, AT.size);
  bytes.writeUInt32LE(deviceId, AT.deviceId);
  bytes.writeUInt32LE(token, AT.token);
  bytes.writeUInt16LE(requestNumber, AT.requestNumber);
  payload.copy(bytes, HEADER_BYTES);
  return bytes;
}

/** Finds frames in what a connection brings, in whatever pieces. */
export interface FrameReader {
  /** The frames that are complete now, also those before an error. */
  push(chunk: Buffer): Frame[];
  /** What came behind the frames and is none: nothing more can be read. */
  readonly error: FrameError | null;
  /** Of the frame that is not complete yet. */
  readonly pendingBytes: number;
}

interface Header extends Omit<Frame, 'payload'> {
  readonly size: number;
}

/** A size that lies is refused by the header alone: nothing is kept in the hope that it comes. */
export function createFrameReader({ payloadMax }: { readonly payloadMax: number }): FrameReader {
  let chunks: Buffer[] = [];
  let pendingBytes = 0;
  let header: Header | null = null;
  let error: FrameError | null = null;

  /** Joined once for the header and once for the whole, however small the pieces. */
  function join(): Buffer {
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) return first;
    const whole = Buffer.concat(chunks, pendingBytes);
    chunks = [whole];
    return whole;
  }

  function next(): Frame | null {
    if (header === null) {
      if (pendingBytes < HEADER_BYTES) {
        refuseWrongBeginning(chunks[0]);
        return null;
      }
      header = readHeader(join(), payloadMax);
    }
    if (pendingBytes < header.size) return null;
    const whole = join();
    const { size, ...rest } = header;
    const frame = { ...rest, payload: whole.subarray(HEADER_BYTES, size) };
    header = null;
    pendingBytes -= size;
    chunks = pendingBytes === 0 ? [] : [whole.subarray(size)];
    return frame;
  }

  return {
    push: (chunk) => {
      if (chunk.length === 0 || error !== null) return [];
      chunks.push(chunk);
      pendingBytes += chunk.length;
      const frames: Frame[] = [];
      try {
        for (let frame = next(); frame !== null; frame = next()) frames.push(frame);
      } catch (cause) {
        if (!(cause instanceof FrameError)) throw cause;
        error = cause;
      }
      return frames;
    },
    get error() {
      return error;
    },
    get pendingBytes() {
      return pendingBytes;
    },
  };
}

/** Whoever speaks another protocol is told at its second byte, not when eighteen have come. */
function refuseWrongBeginning(first: Buffer | undefined): void {
  if (first !== undefined && first.length >= 2 && first.readUInt16LE(0) !== APP_CODE) {
    throw new FrameError('no_header', null);
  }
}

function readHeader(bytes: Buffer, payloadMax: number): Header {
  if (bytes.readUInt16LE(0) !== APP_CODE) throw new FrameError('no_header', null);
  const header: Header = {
    version: bytes.readUInt16LE(AT.version),
    size: bytes.readUInt32LE(AT.size),
    deviceId: bytes.readUInt32LE(AT.deviceId),
    token: bytes.readUInt32LE(AT.token),
    requestNumber: bytes.readUInt16LE(AT.requestNumber),
  };
  const { size, ...frame } = header;
  if (size < HEADER_BYTES) throw new FrameError('size_too_small', frame);
  if (size > HEADER_BYTES + payloadMax) throw new FrameError('size_too_large', frame);
  return header;
}
