import type { ConsumeMessage, Options } from 'amqplib';
import { Type } from 'typebox';
import Value from 'typebox/value';
import type { Carrier } from './transport.ts';

const CarrierBody = Type.Object({
  deliveryId: Type.String({ pattern: '^[0-9a-f-]{36}$' }),
  partnerId: Type.String({ maxLength: 63 }),
  adapter: Type.String({ maxLength: 63 }),
  carrier: Type.Integer(),
  epoch: Type.Integer(),
});
const TYPE = 'tanba.carrier.v1';
const SIZE_MAX = 1_024;

/** A carrier as an AMQP message, with the trace where OpenTelemetry looks for it. */
export function writeCarrier(carrier: Carrier): { content: Buffer; properties: Options.Publish } {
  const { trace, ...body } = carrier;
  return {
    content: Buffer.from(JSON.stringify(body)),
    properties: {
      persistent: true,
      // Comes back where no queue is bound: then something has been deleted.
      mandatory: true,
      contentType: 'application/json',
      type: TYPE,
      messageId: `${carrier.deliveryId}-${carrier.carrier}`,
      headers: { traceparent: trace },
    },
  };
}

/** Null for anything else: whoever may write to the queue can make us look at a delivery, and no more. */
export function readCarrier({ content, properties }: ConsumeMessage): Carrier | null {
  if (properties.type !== TYPE || content.length > SIZE_MAX) return null;
  const body = parsed(content);
  if (!Value.Check(CarrierBody, body)) return null;
  const { traceparent } = properties.headers ?? {};
  return { ...body, trace: typeof traceparent === 'string' ? traceparent : '' };
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}
