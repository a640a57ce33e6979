import { createHash } from 'node:crypto';

/** What partners get, whatever the way it travels. */
export interface Envelope {
  /** Stable over all attempts and replays. */
  readonly id: string;
  readonly type: string;
  /** When the hub knew it, ISO 8601. */
  readonly timestamp: string;
  /** BIN of the participant whom it concerns. */
  readonly participant: string;
  readonly data: unknown;
}

/** The bytes of a message, made once: every attempt sends the same, and their digest proves it. */
export function envelopeBytes(envelope: Envelope): Buffer {
  const { id, type, timestamp, participant, data } = envelope;
  return Buffer.from(JSON.stringify({ id, type, timestamp, participant, data }));
}

export function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
