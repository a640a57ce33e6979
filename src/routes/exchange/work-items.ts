import Type from 'typebox';
import { checkedReason } from '../../exchange/operator/operator.ts';
import { WORK_ITEM_KINDS } from '../../exchange/reconciliation/causes.ts';
import type { WorkItems } from '../../exchange/reconciliation/work-items.ts';
import { nullable } from '../nullable.ts';
import { type AnyRoute, route } from '../route.ts';
import {
  BASE,
  ByUuid,
  Cursor,
  closed,
  common,
  Limit,
  NextCursor,
  operatorOf,
  ReasonBody,
  Text,
  Time,
  Uuid,
} from './schemas.ts';

const ITEMS_SHOWN = 50;

const Kind = Type.Enum([...WORK_ITEM_KINDS]);
const Day = Type.String({ format: 'date' });

const Item = Type.Object({
  workItemId: Uuid,
  kind: Kind,
  partnerId: Type.String(),
  day: Day,
  messageId: nullable(Uuid),
  details: Type.Object({}),
  openedAt: Time,
  resolvedAt: nullable(Time),
  resolvedBy: nullable(Type.String()),
  resolution: nullable(Type.String()),
});

const Query = Type.Object(
  {
    partner: Type.Optional(Text),
    kind: Type.Optional(Kind),
    day: Type.Optional(Day),
    open: Type.Optional(Type.Boolean()),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Limit),
  },
  closed,
);

export function workItemRoutes(workItems: WorkItems): AnyRoute[] {
  return [
    route({
      ...common,
      method: 'get',
      path: `${BASE}/work-items`,
      operationId: 'listWorkItems',
      summary: 'Where what we sent, what partners acknowledged and what they report differ',
      description: 'Open ones first, then the newest.',
      query: Query,
      responses: {
        200: {
          description: 'A page of them',
          schema: Type.Object({ items: Type.Array(Item), nextCursor: NextCursor }),
        },
      },
      handle: async (request) => {
        const { partner: partnerId, limit = ITEMS_SHOWN, ...rest } = request.query;
        const { items, cursor } = await workItems.list({ ...rest, partnerId, limit });
        return { status: 200, body: { items, nextCursor: cursor } };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: `${BASE}/work-items/:id/resolve`,
      operationId: 'resolveWorkItem',
      summary: 'Close a work item with a word why',
      params: ByUuid,
      body: ReasonBody,
      responses: { 200: { description: 'The item as it is now', schema: Item } },
      handle: async (request) => {
        const resolution = checkedReason(request.body.reason);
        return { status: 200, body: await workItems.resolve(request.params.id, operatorOf(request), resolution) };
      },
    }),
  ];
}
