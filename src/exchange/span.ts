import { context, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import type { AttemptResult, Dispatch } from './adapter.ts';

/**
 * An attempt as an OpenTelemetry span under the trace that came with the message. Without an SDK in the process the API
 * does nothing, and the trace context in the messages is all there is.
 */
export async function inSpan(
  name: string,
  { traceparent, messageId, topic, partner, attempt }: Dispatch,
  work: () => Promise<AttemptResult>,
): Promise<AttemptResult> {
  const [, traceId = '', spanId = ''] = traceparent.split('-');
  const parent = trace.setSpanContext(context.active(), {
    traceId,
    spanId,
    traceFlags: traceparent.endsWith('1') ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  });
  const attributes = {
    'messaging.message.id': messageId,
    'messaging.destination.name': partner.partnerId,
    'tanba.topic': topic,
    'tanba.attempt': attempt,
  };
  const span = trace.getTracer('tanba').startSpan(name, { kind: SpanKind.PRODUCER, attributes }, parent);
  try {
    const result = await work();
    span.setAttribute('tanba.outcome', result.code);
    if (result.outcome !== 'delivered') span.setStatus({ code: SpanStatusCode.ERROR, message: result.code });
    return result;
  } finally {
    span.end();
  }
}
