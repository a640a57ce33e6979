import Type, { type Static } from 'typebox';
import type { OutboxMessage } from '../../../store/outbox.ts';
import type { Asked } from '../commands/handled.ts';

export const RELAYED_KINDS = ['ticket', 'close-shift'] as const;
export type RelayedKind = (typeof RELAYED_KINDS)[number];

/** A register's request on its way to another fiscal data operator. */
export const RelayedRequest = Type.Object({
  deviceId: Type.Integer(),
  registrationNumber: Type.String(),
  version: Type.Integer(),
  command: Type.Integer(),
  request: Type.String({ description: 'The request as the register sent it, protobuf in base64.' }),
});
export type RelayedRequest = Static<typeof RelayedRequest>;

/** The register is the object: what it sent stays in its order. */
export function relayed(kind: RelayedKind, { register, request, version, payload }: Asked): OutboxMessage {
  const { deviceId, registrationNumber, bin } = register;
  const body: RelayedRequest = {
    deviceId,
    registrationNumber,
    version,
    command: request.command ?? 0,
    request: payload.toString('base64'),
  };
  return { topic: `ofd.${kind}`, bin, keys: [`register:${registrationNumber}`], trace: null, payload: body };
}
