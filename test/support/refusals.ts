import assert from 'node:assert/strict';
import type { DocumentKind } from '../../src/core/documents/kinds.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { movableClock } from './clock.ts';
import type { TestDatabase } from './database.ts';
import { createTestDatabase } from './database.ts';
import type { Circulation } from './goods.ts';
import { emitCodes, MANUFACTURER, openCirculation, prepareGoods, ssccsFrom } from './goods.ts';

/** What a sender is told of one fault. */
export interface Told {
  readonly code: string;
  readonly path: string | undefined;
  readonly cis: string | undefined;
}

/** Documents that are to be refused, on a store of their own. */
export interface RefusalDesk {
  readonly store: TestDatabase;
  readonly circulation: Circulation;
  readonly newSscc: () => string;
  /** Codes of the manufacturer in circulation. */
  introduced(count: number): Promise<string[]>;
  /** Answers the SSCC. */
  packed(codes: readonly string[], bin?: string): Promise<string>;
  /** What the sender is told; fails when the document was accepted or anything in the store has changed. */
  refusal(kind: string, body: unknown, bin?: string): Promise<Told[]>;
  close(): Promise<void>;
}

export async function openRefusalDesk(codesPerDocument: number): Promise<RefusalDesk> {
  const store = await createTestDatabase();
  await prepareGoods(store.db);
  const circulation = openCirculation(store, movableClock('2026-11-24T09:00:00Z'), { codesPerDocument });
  const newSscc = ssccsFrom(2_000);

  async function everything(): Promise<unknown> {
    const { rows } = await store.db.query(
      `select (select md5(string_agg(c::text, ',' order by c.cis)) from code c) as codes,
              (select count(*) from code_history) as history`,
    );
    return rows[0];
  }

  async function submitted(kind: string, body: unknown, bin: string): Promise<Told[]> {
    try {
      // The intake takes whatever JSON came: kinds and bodies that the types do not allow are what is tested.
      const { status, problems } = await circulation.submit(kind as DocumentKind, body as object, { bin });
      assert.equal(status, 'rejected');
      return problems.map(({ code, path, cis }) => ({ code, path, cis }));
    } catch (error) {
      if (!(error instanceof TanbaError)) throw error;
      const { path, cis } = error.options;
      return [{ code: error.code, path, cis }];
    }
  }

  return {
    store,
    circulation,
    newSscc,
    introduced: async (count) => {
      const codes = await emitCodes(store.db, count);
      await circulation.introduce(codes);
      return codes;
    },
    packed: async (codes, bin = MANUFACTURER) => {
      const box = newSscc();
      const { status, problems } = await circulation.submit('aggregation', { sscc: box, codes }, { bin });
      assert.equal(status, 'accepted', JSON.stringify(problems));
      return box;
    },
    refusal: async (kind, body, bin = MANUFACTURER) => {
      const before = await everything();
      const told = await submitted(kind, body, bin);
      assert.deepEqual(await everything(), before, 'a refused document changed the store');
      return told;
    },
    close: async () => {
      await circulation.stop();
      await store.drop();
    },
  };
}
