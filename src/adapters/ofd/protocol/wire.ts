import protobuf from 'protobufjs';

/** Bytes that are not protobuf, or too much of it. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: 'malformed' | 'too_many_fields' | 'too_deep';

  constructor(code: WireError['code'], options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

export interface WireLimits {
  readonly fieldsMax: number;
  readonly depthMax: number;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const VARINT_BYTES_MAX = 10;

/**
 * Looks through a message on the wire before anything is made of it: a megabyte of empty items would become half a
 * million objects. Groups (wire types 3 and 4) are no part of the protocol.
 *
 * @throws WireError
 */
export function inspect(type: protobuf.Type, bytes: Uint8Array, { fieldsMax, depthMax }: WireLimits): void {
  let fields = 0;
  let at = 0;

  function varint(end: number): number {
    let value = 0;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      const byte = at < end ? bytes[at] : undefined;
      if (byte === undefined) throw new WireError('malformed');
      at += 1;
      // Tags and lengths fit 32 bits; what a longer number comes to is the decoder's business.
      if (count < 5) value += (byte & 0x7f) * 2 ** (7 * count);
      if (byte < 0x80) return value;
    }
    throw new WireError('malformed');
  }

  function skip(count: number, end: number): void {
    if (count > end - at) throw new WireError('malformed');
    at += count;
  }

  function message(kind: protobuf.Type, end: number, depth: number): void {
    if (depth > depthMax) throw new WireError('too_deep');
    while (at < end) {
      fields += 1;
      if (fields > fieldsMax) throw new WireError('too_many_fields');
      const tag = varint(end);
      const wireType = tag & 7;
      if (wireType === VARINT) varint(end);
      else if (wireType === FIXED64) skip(8, end);
      else if (wireType === FIXED32) skip(4, end);
      else if (wireType === BYTES) bytesField(kind.fieldsById[Math.floor(tag / 8)], end, depth);
      else throw new WireError('malformed');
    }
  }

  function bytesField(field: protobuf.Field | undefined, end: number, depth: number): void {
    const length = varint(end);
    if (length > end - at) throw new WireError('malformed');
    const inner = field?.resolve().resolvedType;
    if (inner instanceof protobuf.Type) message(inner, at + length, depth + 1);
    else at += length;
  }

  message(type, bytes.length, 1);
}
