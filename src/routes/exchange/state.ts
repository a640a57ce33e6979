import Type from 'typebox';
import type { Exchange, ExchangeSnapshot } from '../../exchange/exchange.ts';
import type { OperatorDesk } from '../../exchange/operator/desk.ts';
import { UNFINISHED_STATES } from '../../exchange/operator/partners.ts';
import { nullable } from '../nullable.ts';
import { type AnyRoute, route } from '../route.ts';
import { BASE, Count, Cursor, closed, common, Limit, NextCursor, Text, Time } from './schemas.ts';

export interface StateRoutesDeps {
  readonly desk: Pick<OperatorDesk, 'alerts'>;
  readonly exchange: Pick<Exchange, 'status'>;
}

const Alert = Type.Object({
  alertId: Type.String(),
  at: Time,
  kind: Type.String(),
  subject: Type.String(),
  details: Type.Object({}),
});

const StatusAnswer = Type.Object({
  transport: Type.Enum(['embedded', 'rabbitmq']),
  connections: Type.Array(Type.Object({ name: Type.String(), connected: Type.Boolean() })),
  sending: Type.Integer({ description: 'Attempts under way in the process that answers.' }),
  queues: nullable(
    Type.Object(
      {
        at: Time,
        byState: Type.Object({ queued: Count, waiting: Count, sending: Count, uncertain: Count, parked: Count }),
        unsent: Type.Integer({ description: 'Told by the core and not yet made into messages; counted to 100,000.' }),
        lagSeconds: Type.Number({ description: 'How long the oldest of them had waited.' }),
      },
      { description: 'Of all partners, as of a few seconds ago; null before the first look.' },
    ),
  ),
});

export function stateRoutes(deps: StateRoutesDeps): AnyRoute[] {
  return [alertsRoute(deps), statusRoute(deps)];
}

function alertsRoute({ desk }: StateRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: `${BASE}/alerts`,
    operationId: 'listAlerts',
    summary: 'What an operator has to look at, the newest first',
    query: Type.Object(
      { kind: Type.Optional(Text), cursor: Type.Optional(Cursor), limit: Type.Optional(Limit) },
      closed,
    ),
    responses: {
      200: {
        description: 'A page of alerts',
        schema: Type.Object({ alerts: Type.Array(Alert), nextCursor: NextCursor }),
      },
    },
    handle: async (request) => ({ status: 200, body: await desk.alerts(request.query) }),
  });
}

function statusRoute({ exchange }: StateRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'get',
    path: `${BASE}/status`,
    operationId: 'getExchangeStatus',
    summary: 'Connections, what is under way, what waits',
    responses: { 200: { description: 'The state of the exchange', schema: StatusAnswer } },
    handle: async () => {
      const { transport, connections, sending, snapshot } = exchange.status();
      const queues = snapshot === null ? null : queuesOf(snapshot);
      return { status: 200, body: { transport, connections, sending, queues } };
    },
  });
}

function queuesOf({ at, depths, outbox: { unsent, oldest } }: ExchangeSnapshot): object {
  const all = [...depths.values()];
  const byState = Object.fromEntries(
    UNFINISHED_STATES.map((state) => [state, all.reduce((sum, depth) => sum + (depth.byState[state] ?? 0), 0)]),
  );
  const lagSeconds = oldest === null ? 0 : Math.max(0, (at.getTime() - oldest.getTime()) / 1_000);
  return { at, byState, unsent, lagSeconds };
}
