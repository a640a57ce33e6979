import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DocumentKind } from '../../src/core/documents/kinds.ts';
import { OPERATIONS } from '../../src/core/receipts/decision-table.ts';
import type { Database } from '../../src/store/database.ts';
import type { MovableClock } from '../support/clock.ts';
import { movableClock } from '../support/clock.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Circulation } from '../support/goods.ts';
import {
  emitCodes,
  MANUFACTURER,
  openCirculation,
  prepareGoods,
  push,
  RETAILER,
  receiptOf,
  ssccsFrom,
} from '../support/goods.ts';
import type { State, States } from './model.ts';
import { effectiveOwner, fold, readHistory, readStates } from './model.ts';

const UNITS_OF_EACH = 4;
const BOXES = 5;
const RUNS = 15;
const PARTICIPANTS = [MANUFACTURER, RETAILER] as const;
/** 8 units, then the boxes. */
const THINGS = PARTICIPANTS.length * UNITS_OF_EACH + BOXES;

const actor = fc.constantFrom(...PARTICIPANTS);
const things = fc.uniqueArray(fc.nat(THINGS - 1), { minLength: 1, maxLength: 4 });
const box = fc.nat(BOXES - 1);

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('aggregation' as const), actor, box, things }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('disaggregation' as const), actor, box }) },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constantFrom('utilisation', 'introduction', 'withdrawal', 'return', 'write_off'),
      actor,
      things,
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom(...OPERATIONS), actor, things }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const HEADERS = {
  utilisation: { productionDate: '2026-01-10' },
  introduction: { introductionType: 'PRODUCTION', date: '2026-01-11' },
  withdrawal: { reason: 'EXPORT', date: '2026-03-01' },
  return: {},
  write_off: { reason: 'LOST' },
} as const;

interface World {
  readonly units: readonly string[];
  readonly boxes: readonly string[];
  readonly all: readonly string[];
}

interface Store {
  readonly test: TestDatabase;
  readonly clock: MovableClock;
  readonly circulation: Circulation;
}

describe('any sequence of documents and receipts', () => {
  const stores: Store[] = [];
  const newSscc = ssccsFrom(5_000);

  before(async () => {
    for (const _ of ['first', 'replay']) {
      const test = await createTestDatabase();
      await prepareGoods(test.db);
      const clock = movableClock();
      stores.push({ test, clock, circulation: openCirculation(test, clock) });
    }
  });
  after(async () => {
    for (const { circulation, test } of stores) {
      await circulation.stop();
      await test.drop();
    }
  });

  const storeAt = (index: number): Store => stores[index] ?? assert.fail('the stores are opened before the tests');

  async function newWorld({ test }: Store): Promise<World> {
    const units: string[] = [];
    for (const owner of PARTICIPANTS) units.push(...(await emitCodes(test.db, UNITS_OF_EACH, { owner })));
    const boxes = Array.from({ length: BOXES }, () => `00${newSscc()}`);
    return { units, boxes, all: [...units, ...boxes] };
  }

  async function play(store: Store, world: World, operations: readonly Operation[], halfway: boolean): Promise<void> {
    const start: Operation[] = halfway
      ? PARTICIPANTS.flatMap((participant, index) => {
          const own = Array.from({ length: UNITS_OF_EACH }, (_, unit) => index * UNITS_OF_EACH + unit);
          return [
            { does: 'utilisation', actor: participant, things: own },
            { does: 'introduction', actor: participant, things: own },
          ] as const;
        })
      : [];
    for (const each of [...start, ...operations]) {
      store.clock.advance({ seconds: 1 });
      await perform(store.circulation, world, each);
    }
  }

  async function perform(circulation: Circulation, world: World, each: Operation): Promise<void> {
    const named = 'things' in each ? each.things.map((index) => world.all[index] ?? assert.fail()) : [];
    const number = 'box' in each ? (world.boxes[each.box] ?? assert.fail()).slice(2) : '';
    const bin = each.actor;
    switch (each.does) {
      case 'aggregation':
        return settled(circulation, 'aggregation', { sscc: number, codes: named }, bin);
      case 'disaggregation':
        return settled(circulation, 'disaggregation', { sscc: number }, bin);
      case 'sale':
      case 'sale_return':
      case 'purchase':
      case 'purchase_return':
        await push(circulation, receiptOf(named, { bin, operation: each.does }));
        return;
      default:
        return settled(circulation, each.does, { ...HEADERS[each.does], codes: named }, bin);
    }
  }

  async function settled(circulation: Circulation, kind: DocumentKind, body: object, bin: string): Promise<void> {
    const { status } = await circulation.submit(kind, body, { bin });
    assert.ok(status === 'accepted' || status === 'rejected', `${kind} became ${status}`);
  }

  async function statesOf(db: Database, world: World): Promise<States> {
    return new Map((await readStates(db, world.all)).map((state) => [state.cis, state]));
  }

  /** A property over the world that a random sequence leaves behind. */
  async function afterAnything(check: (store: Store, world: World, startedAt: Date) => Promise<void>): Promise<void> {
    const store = storeAt(0);
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 1, maxLength: 14 }),
        fc.boolean(),
        async (operations, halfway) => {
          const world = await newWorld(store);
          store.clock.advance({ seconds: 1 });
          const startedAt = store.clock.now();
          await play(store, world, operations, halfway);
          await check(store, world, startedAt);
        },
      ),
      { numRuns: RUNS },
    );
  }

  const issuedOf = (world: World): State[] =>
    world.units.map((cis, index) => ({
      cis,
      type: 'unit',
      ver: 0,
      status: 'emitted',
      hold: 'none',
      owner: PARTICIPANTS[Math.floor(index / UNITS_OF_EACH)] ?? null,
      parent: null,
      reason: null,
    }));

  it('leaves every code as the fold of its history', async function () {
    this.timeout(90_000);
    await afterAnything(async ({ test }, world) => {
      const folded = fold(issuedOf(world), await readHistory(test.db, world.all));
      const sorted = [...folded.values()].sort((a, b) => (a.cis < b.cis ? -1 : 1));
      assert.deepEqual(await readStates(test.db, world.all), sorted);
    });
  });

  it('loses no unit, doubles none, and leaves none without an owner or in two places', async function () {
    this.timeout(90_000);
    await afterAnything(async ({ test }, world) => {
      const states = await statesOf(test.db, world);
      const units = [...states.values()].filter(({ type }) => type === 'unit');
      assert.deepEqual(units.map(({ cis }) => cis).sort(), [...world.units].sort());
      const byOwner = new Map<string, number>();
      for (const { cis, owner, parent } of units) {
        assert.equal(owner === null, parent !== null, `${cis}: owned and packed, or neither`);
        const whose = effectiveOwner(cis, states) ?? assert.fail(`${cis} belongs to nobody`);
        byOwner.set(whose, (byOwner.get(whose) ?? 0) + 1);
      }
      assert.equal(
        [...byOwner.values()].reduce((sum, count) => sum + count, 0),
        world.units.length,
      );
      const { rows } = await test.db.query<{ units: number }>(
        `select coalesce(sum(n), 0)::integer as units
           from (select count(*) as n from code where cis = any($1) and type = 'unit' group by status, owner, parent) as stock`,
        [world.all],
      );
      assert.equal(rows[0]?.units, world.units.length);
    });
  });

  it('gives the same store when its documents and receipts are played again', async function () {
    this.timeout(90_000);
    const copy = storeAt(1);
    await afterAnything(async ({ test }, world, startedAt) => {
      await copyIssued(copy.test.db, world);
      await replay(test.db, copy, startedAt);
      assert.deepEqual(await readStates(copy.test.db, world.all), await readStates(test.db, world.all));
      assert.deepEqual(await readHistory(copy.test.db, world.all), await readHistory(test.db, world.all));
    });
  });
});

async function copyIssued(to: Database, world: World): Promise<void> {
  const owners = world.units.map((_, index) => PARTICIPANTS[Math.floor(index / UNITS_OF_EACH)]);
  await to.query(
    `insert into code (cis, type, status, owner)
     select cis, 'unit', 'emitted', owner from unnest($1::text[], $2::text[]) as t(cis, owner)`,
    [world.units, owners],
  );
}

interface Arrived {
  readonly at: Date;
  readonly key: string | null;
  readonly bin: string;
  readonly raw: Buffer;
}

/** Everything that came in since, raw, in the order of arrival. */
const ARRIVED = `
select received_at as at, idempotency_key as key, bin, body as raw
  from document join document_part using (document_id, bucket) where received_at >= $1
union all
select received_at, null, sender, raw from receipt where received_at >= $1
 order by at`;

async function replay(from: Database, { clock, circulation }: Store, since: Date): Promise<void> {
  const { rows } = await from.query<Arrived & Record<string, unknown>>(ARRIVED, [since]);
  for (const { at, key, bin, raw } of rows) {
    clock.set(at);
    const value = JSON.parse(raw.toString('utf8'));
    if (key === null) await push(circulation, value);
    else await circulation.submit(value.kind, value.body, { bin });
  }
}
