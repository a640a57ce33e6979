import { Readable } from 'node:stream';
import Type from 'typebox';
import { currentLists, findList, type ListHead, listParts } from '../core/blocklist/block-list-store.ts';
import { TanbaError } from '../core/errors.ts';
import type { Queryable } from '../store/database.ts';
import { type AnyRoute, route } from './route.ts';

const PATH = '/api/v1/till/block-list';
const SEQUENCE_MAX = 2_147_483_647;
/** A published list never changes. */
const FOR_EVER = 'private, max-age=31536000, immutable';

const List = Type.Object({
  sequence: Type.Integer(),
  kind: Type.Enum(['base', 'delta']),
  previous: Type.Union([Type.Integer(), Type.Null()], { description: 'Of a delta: the list it goes on from.' }),
  issuedAt: Type.String({ format: 'date-time' }),
  validUntil: Type.String({ format: 'date-time' }),
  codes: Type.Integer({ description: 'Blocked codes after it.' }),
  bytes: Type.Integer(),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  path: Type.String(),
});

/** What tills load, to answer by themselves when the hub does not. docs/block-list.md tells the format. */
export function blockListRoutes(db: Queryable): AnyRoute[] {
  return [
    route({
      method: 'get',
      path: PATH,
      operationId: 'blockLists',
      tag: 'receipts',
      summary: 'The block lists to load: a base, and the deltas behind it',
      description: 'Load the base once and what is newer than what you have; keys are at /api/public/keys.',
      access: 'receipts',
      responses: {
        200: { description: 'In the order in which to apply them', schema: Type.Object({ lists: Type.Array(List) }) },
      },
      handle: async () => ({
        status: 200,
        headers: { 'Cache-Control': 'no-cache' },
        body: { lists: (await currentLists(db)).map(viewOf) },
      }),
    }),
    route({
      method: 'get',
      path: `${PATH}/:sequence`,
      operationId: 'blockList',
      tag: 'receipts',
      summary: 'One block list, as a file',
      access: 'receipts',
      params: Type.Object({ sequence: Type.Integer({ minimum: 1, maximum: SEQUENCE_MAX }) }),
      responses: { 200: { description: 'The signed file', contentType: 'application/octet-stream' } },
      handle: async ({ params: { sequence } }) => {
        const list = await findList(db, sequence);
        if (list === null) throw new TanbaError('checks.block_list_unknown', { details: { sequence } });
        return {
          status: 200,
          headers: {
            'Cache-Control': FOR_EVER,
            'Content-Length': String(list.bytes),
            ETag: `"${list.digest.toString('hex')}"`,
          },
          contentType: 'application/octet-stream',
          stream: Readable.from(listParts(db, sequence)),
        };
      },
    }),
  ];
}

function viewOf({ digest, issuedAt, validUntil, changes: _changes, ...list }: ListHead): object {
  return {
    ...list,
    issuedAt: issuedAt.toISOString(),
    validUntil: validUntil.toISOString(),
    sha256: digest.toString('hex'),
    path: `${PATH}/${list.sequence}`,
  };
}
