import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import type { Request, Response } from './messages.ts';
import { inspect, WireError } from './wire.ts';

/** Bytes that are no message of the protocol, or more of one than we read. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: 'malformed' | 'too_many_fields' | 'too_deep';

  constructor(code: ProtocolError['code'], options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

/** A receipt of a thousand lines with a mark each has some 20,000 fields; the schema's messages go seven deep. */
const LIMITS = { fieldsMax: 200_000, depthMax: 16 } as const;

const SCHEMA = new URL('../../../../schemas/ofd/kkm-2.0.3.proto', import.meta.url);
const PLAIN = { longs: BigInt, arrays: false, objects: false, defaults: false } as const;

export interface Codec {
  /** What the schema does not know is left out here, and kept with the request's bytes. @throws ProtocolError */
  decodeRequest(bytes: Buffer): Request;
  /** @throws ProtocolError */
  decodeResponse(bytes: Buffer): Response;
  encodeRequest(request: Request): Buffer;
  encodeResponse(response: Response): Buffer;
}

export function createCodec(): Codec {
  const { root } = protobuf.parse(readFileSync(SCHEMA, 'utf8'), { keepCase: true });
  const request = root.lookupType('kkm.Request');
  const response = root.lookupType('kkm.Response');
  return {
    decodeRequest: (bytes) => decode(request, bytes),
    decodeResponse: (bytes) => decode(response, bytes),
    encodeRequest: (message) => encode(request, message),
    encodeResponse: (message) => encode(response, message),
  };
}

/** All fields of our types are optional, and named and typed as in the schema, so any decoded message is one. */
function decode(type: protobuf.Type, bytes: Buffer): object {
  try {
    inspect(type, bytes, LIMITS);
    return type.toObject(type.decode(bytes), PLAIN);
  } catch (cause) {
    throw new ProtocolError(cause instanceof WireError ? cause.code : 'malformed', { cause });
  }
}

function encode(type: protobuf.Type, message: object): Buffer {
  const bytes = type.encode(type.fromObject(message)).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
