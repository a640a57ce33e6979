import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes } from '../support/goods.ts';
import type { Answer, HubProcess } from '../support/hub.ts';
import { demoGoods, newDataFolder, startHubProcess, submitDocument } from '../support/hub.ts';
import { newSeed, seededRandom } from '../support/random.ts';
import { demoReceipt } from '../support/receipts.ts';

const DISTURBANCES = 3;
const RECEIPTS = 150;
const CODES_PER_RECEIPT = 2;
const DOCUMENTS = 25;
const CODES_PER_DOCUMENT = 6;
/** After connections are lost, each may have one bad answer left. */
const TRIES = 30;

/** One request, which may be sent again, and the first answer that was heard. */
interface Sent {
  readonly path: string;
  readonly as: 'ofd' | 'manufacturer';
  readonly body: object;
  readonly codes: readonly string[];
  /** The identifier in the answer; undefined while none was heard. */
  id?: string;
}

/** The hub says that it cannot tell: ask again. */
class Unheard extends Error {}

interface Disturbance {
  readonly name: string;
  /** How many processes or connections it has ended. */
  strike(hub: HubProcess, store: TestDatabase): Promise<number>;
  /** The hub that then goes on. */
  after(hub: HubProcess, store: TestDatabase, dataFolder: string): Promise<HubProcess>;
}

const CUT_CONNECTIONS = `
select pg_terminate_backend(pid) from pg_stat_activity
 where datname = current_database() and application_name like 'tanba %'`;

const disturbances: readonly Disturbance[] = [
  {
    name: 'is killed',
    strike: async (hub) => {
      await hub.kill('SIGKILL');
      return 1;
    },
    after: (_hub, store, dataFolder) => startHubProcess(store.url, dataFolder),
  },
  {
    name: 'loses all its database connections',
    strike: async (_hub, store) => {
      const { rowCount } = await store.db.query(CUT_CONNECTIONS);
      return rowCount ?? 0;
    },
    after: async (hub) => hub,
  },
];

const seed = newSeed();

for (const disturbance of disturbances) {
  describe(`a hub that ${disturbance.name} under load (TANBA_SEED=${seed})`, () => {
    const random = seededRandom(seed);
    let store: TestDatabase;
    let dataFolder: string;
    let hub: HubProcess;
    const receipts: Sent[] = [];
    const documents: Sent[] = [];
    let unheard = 0;
    let hit = 0;

    before(async function () {
      this.timeout(120_000);
      store = await createTestDatabase();
      dataFolder = await newDataFolder();
      hub = await startHubProcess(store.url, dataFolder);
      for (let round = 0; round < DISTURBANCES; round++) {
        const sent = await newLoad();
        await strikeInTheMiddle(sent);
        hub = await disturbance.after(hub, store, dataFolder);
        await hearTheRest(sent);
      }
    });
    after(async () => {
      await hub.kill('SIGKILL');
      await store.drop();
      await rm(dataFolder, { recursive: true, force: true });
    });

    async function newLoad(): Promise<Sent[]> {
      const goods = demoGoods(hub);
      const sold = { ...goods, owner: hub.binOf('retailer'), status: 'in_circulation' } as const;
      const toSell = await emitCodes(store.db, RECEIPTS * CODES_PER_RECEIPT, sold);
      const toApply = await emitCodes(store.db, DOCUMENTS * CODES_PER_DOCUMENT, {
        ...goods,
        owner: hub.binOf('manufacturer'),
      });
      const newReceipts = Array.from({ length: RECEIPTS }, (_, index): Sent => {
        const codes = toSell.slice(index * CODES_PER_RECEIPT, (index + 1) * CODES_PER_RECEIPT);
        return { path: '/api/v1/receipts', as: 'ofd', body: demoReceipt(hub, codes), codes };
      });
      const newDocuments = Array.from({ length: DOCUMENTS }, (_, index): Sent => {
        const codes = toApply.slice(index * CODES_PER_DOCUMENT, (index + 1) * CODES_PER_DOCUMENT);
        const body = { kind: 'utilisation', body: { codes, productionDate: '2026-01-10' } };
        return { path: '/api/v1/documents', as: 'manufacturer', body, codes };
      });
      receipts.push(...newReceipts);
      documents.push(...newDocuments);
      return shuffled([...newReceipts, ...newDocuments]);
    }

    function shuffled<T>(values: readonly T[]): T[] {
      return values
        .map((value) => ({ value, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ value }) => value);
    }

    async function send(one: Sent): Promise<Answer> {
      const answer = await hub.call('POST', one.path, { as: one.as, body: one.body });
      if (answer.status === 503 && answer.body.code === 'store.unavailable') throw new Unheard(answer.text);
      assert.ok(answer.status === 200 || answer.status === 202, answer.text);
      const id: string = answer.body.receiptId ?? answer.body.documentId;
      assert.equal(one.id ?? id, id, 'sent again, it had another identifier');
      one.id = id;
      return answer;
    }

    /** Strikes once a random number of requests has been answered; who is in flight then may hear nothing of use. */
    async function strikeInTheMiddle(sent: readonly Sent[]): Promise<void> {
      const answersBefore = Math.floor(random() * sent.length * 0.8);
      let answers = 0;
      let struck: Promise<void> | undefined;
      const victim = hub;
      await Promise.all(
        sent.map(async (one) => {
          try {
            await send(one);
          } catch (error) {
            // A connection that broke or a store that is away, not an answer that was wrong.
            if (error instanceof assert.AssertionError) throw error;
            unheard += 1;
          }
          answers += 1;
          if (answers > answersBefore) {
            struck ??= disturbance.strike(victim, store).then((count) => {
              hit += count;
            });
          }
        }),
      );
      await struck;
    }

    async function hearTheRest(sent: readonly Sent[]): Promise<void> {
      for (const one of sent) for (let tries = 1; one.id === undefined; tries++) await sendAgain(one, tries);
      // A document sent last is applied last: then all are.
      const codes = await emitCodes(store.db, 1, { ...demoGoods(hub), owner: hub.binOf('manufacturer') });
      await submitDocument(hub, 'write_off', { codes, reason: 'LOST' });
    }

    async function sendAgain(one: Sent, tries: number): Promise<void> {
      try {
        await send(one);
      } catch (error) {
        if (!(error instanceof Unheard) || tries === TRIES) throw error;
      }
    }

    async function counted(text: string, values: unknown[]): Promise<Map<string, number>> {
      const { rows } = await store.db.query<{ key: string; count: number }>(text, values);
      return new Map(rows.map(({ key, count }) => [key, count]));
    }

    const idsOf = (sent: readonly Sent[]): string[] => sent.map(({ id }) => id ?? assert.fail('never answered'));
    const onceEach = (keys: readonly string[]): Map<string, number> => new Map([...keys].sort().map((key) => [key, 1]));
    const sorted = (counts: Map<string, number>): Map<string, number> =>
      new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

    it('was disturbed while requests were in flight', () => {
      // Of lost connections the senders may hear nothing: the hub does again what they cut off.
      assert.ok(hit >= DISTURBANCES, `${hit} hit`);
      assert.ok(unheard < receipts.length + documents.length, `${unheard} heard nothing`);
    });

    it('has every answered receipt, under the identifier that it answered with', async () => {
      const found = await counted(
        'select receipt_id::text as key, count(*)::integer as count from receipt group by 1',
        [],
      );
      assert.deepEqual(sorted(found), onceEach(idsOf(receipts)));
    });

    it('has sold every code of every receipt exactly once', async () => {
      const codes = receipts.flatMap((one) => one.codes);
      const found = await counted(
        `select cis as key, count(*)::integer as count from code_history where cis = any($1) and event = 'sold' group by 1`,
        [codes],
      );
      assert.deepEqual(sorted(found), onceEach(codes));
      const rows = await store.db.query(`select 1 from code where cis = any($1) and status = 'withdrawn' and ver = 1`, [
        codes,
      ]);
      assert.equal(rows.rowCount, codes.length);
    });

    it('tells the exchange of every receipt exactly once', async () => {
      const found = await counted(
        `select id as key, count(*)::integer as count
         from outbox cross join lateral jsonb_array_elements_text(payload->'receiptIds') as id
        where topic = 'receipts.accepted' group by 1`,
        [],
      );
      assert.deepEqual(sorted(found), onceEach(idsOf(receipts)));
    });

    it('has accepted every answered document', async () => {
      const { rows } = await store.db.query<{ status: string; count: number }>(
        'select status, count(*)::integer as count from document where document_id = any($1) group by 1',
        [idsOf(documents)],
      );
      assert.deepEqual(rows, [{ status: 'accepted', count: documents.length }]);
    });

    it('has applied every code of every document exactly once', async () => {
      const codes = documents.flatMap((one) => one.codes);
      const found = await counted(
        `select cis as key, count(*)::integer as count from code_history where cis = any($1) group by 1`,
        [codes],
      );
      assert.deepEqual(sorted(found), onceEach(codes));
      const rows = await store.db.query(`select 1 from code where cis = any($1) and status = 'applied' and ver = 1`, [
        codes,
      ]);
      assert.equal(rows.rowCount, codes.length);
    });

    it('tells the exchange of every document exactly once', async () => {
      const found = await counted(
        `select payload->>'documentId' as key, count(*)::integer as count
         from outbox where topic = 'document.accepted' and payload->>'documentId' = any($1) group by 1`,
        [idsOf(documents)],
      );
      assert.deepEqual(sorted(found), onceEach(idsOf(documents)));
    });

    it('gives the same answers to everything that is sent again', async function () {
      this.timeout(60_000);
      await Promise.all([...receipts, ...documents].map((one) => send(one)));
      const history = await store.db.query('select 1 from code_history where cis = any($1)', [
        [...receipts, ...documents].flatMap((one) => one.codes),
      ]);
      assert.equal(history.rowCount, receipts.length * CODES_PER_RECEIPT + documents.length * CODES_PER_DOCUMENT);
    });

    it('still stops when it is asked', async () => {
      await hub.kill('SIGTERM');
      assert.ok(hub.output.includes('Stopped.'), hub.output.join('\n'));
    });
  });
}
