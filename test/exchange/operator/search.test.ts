import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { systemClock } from '../../../src/core/clock.ts';
import { DELIVERY_STATES } from '../../../src/exchange/delivery-states.ts';
import type { OperatorDesk } from '../../../src/exchange/operator/desk.ts';
import type { SearchQuery } from '../../../src/exchange/operator/search.ts';
import { emitCodes, GTIN, MANUFACTURER, openCirculation, prepareGoods, push, receiptOf } from '../../support/goods.ts';
import { scriptedAdapter, startTestExchange, type TestExchange } from '../support.ts';
import { makeDelivery, openDesk, refuses } from './support.ts';

const START = Date.parse('2026-11-24T06:00:00Z');
const HOUR_MS = 3_600_000;

describe('the search for messages', () => {
  let test: TestExchange;
  let desk: OperatorDesk;

  before(async () => {
    const adapter = scriptedAdapter();
    test = await startTestExchange({ transport: 'embedded', adapters: [adapter] });
    await test.addPartner('one');
    await test.addPartner('two', { topics: ['receipts.*'] });
    const { db } = test.database;
    desk = openDesk({ db, adapters: [adapter], directory: test.exchange.directory });
  });
  after(() => test.stop());

  const found = async (query: SearchQuery): Promise<readonly string[]> =>
    (await desk.messages.search(query)).messages.map(({ messageId }) => messageId);

  describe('by what happened to a code', () => {
    let cis: string;
    let other: string;

    before(async () => {
      const { db } = test.database;
      await prepareGoods(db);
      const circulation = openCirculation(test.database, systemClock);
      try {
        [cis = '', other = ''] = await emitCodes(db, 2);
        const codes = [cis];
        await circulation.submit('utilisation', { codes, productionDate: '2026-01-10' });
        await circulation.submit('introduction', { codes, introductionType: 'PRODUCTION', date: '2026-01-11' });
        await circulation.submit('utilisation', { codes: [other], productionDate: '2026-01-10' });
        // By their owner: nothing is wrong about it.
        await push(circulation, receiptOf(codes, { bin: MANUFACTURER }));
      } finally {
        await circulation.stop();
      }
      test.exchange.wake();
      const told = /^(document|receipts)\./;
      await test.until((rows) => {
        const own = rows.filter(({ topic }) => told.test(topic));
        return own.length === 5 && own.every(({ state }) => state === 'delivered');
      }, 'all told');
    });

    it('finds what was told whom about its documents and its receipt', async () => {
      const { messages, nextCursor } = await desk.messages.search({ cis });
      const told = messages.map(({ topic, deliveries }) => [topic, deliveries.map(({ partnerId }) => partnerId)]);
      assert.deepEqual(told, [
        ['receipts.accepted', ['one', 'two']],
        ['document.accepted', ['one']],
        ['document.accepted', ['one']],
      ]);
      assert.equal(nextCursor, null);
      assert.deepEqual(
        (await desk.messages.search({ cis: other })).messages.map(({ topic }) => topic),
        ['document.accepted'],
      );
    });

    it('finds them by the whole code too, tail and all', async () => {
      const printed = `${cis}\u001d91test\u001d92${'A'.repeat(86)}==`;
      assert.deepEqual(await found({ cis: printed }), await found({ cis }));
    });

    it('finds a receipt, a document and a GTIN by their keys, and all that is given must hold', async () => {
      const [receipt, document] = (await desk.messages.search({ cis })).messages;
      assert.ok(receipt && document);
      const keyOf = (message: { readonly keys: readonly string[] }, kind: string): string =>
        message.keys.find((key) => key.startsWith(kind))?.slice(kind.length) ?? assert.fail(kind);
      assert.deepEqual(await found({ receipt: keyOf(receipt, 'receipt:') }), [receipt.messageId]);
      assert.deepEqual(await found({ document: keyOf(document, 'document:') }), [document.messageId]);
      assert.equal((await found({ gtin: GTIN })).length, 4);
      assert.deepEqual(await found({ cis, partner: 'two' }), [receipt.messageId]);
      assert.deepEqual(await found({ cis, gtin: '04870000009999' }), []);
      assert.deepEqual(await found({ gtin: GTIN, document: keyOf(document, 'document:') }), [document.messageId]);
      assert.deepEqual(await found({ cis, topic: 'document.rejected' }), []);
      assert.equal((await found({ cis, state: 'delivered' })).length, 3);
    });

    it('refuses a code that does not exist', async () => {
      await refuses(test.database.db, 'codes.not_found', () => desk.messages.search({ cis: `${cis.slice(0, -3)}zzz` }));
      await refuses(test.database.db, 'codes.not_found', () => desk.messages.search({ cis: 'no code' }));
    });
  });

  describe('by itself, its trace, its partner, its state', () => {
    it('finds a message by its id and by its trace', async () => {
      const trace = `00-${'ab'.repeat(16)}-${'2'.repeat(16)}-00`;
      const { messageId } = await makeDelivery(test.database.db, { trace });
      assert.deepEqual(await found({ messageId }), [messageId]);
      assert.deepEqual(await found({ traceId: 'AB'.repeat(16) }), [messageId]);
      assert.deepEqual(await found({ messageId: randomUUID() }), []);
      assert.deepEqual(await found({ messageId: 'no id' }), []);
      assert.deepEqual(await found({ messageId, traceId: 'cd'.repeat(16) }), []);
    });

    for (const state of DELIVERY_STATES) {
      it(`finds what is ${state}, of a partner and of all`, async () => {
        const topic = `state.${state}`;
        const { messageId } = await makeDelivery(test.database.db, { state, topic, lane: 'nobody', partnerId: 'two' });
        try {
          assert.deepEqual(await found({ state, topic }), [messageId]);
          assert.deepEqual(await found({ state, topic, partner: 'two' }), [messageId]);
          assert.deepEqual(await found({ state, topic, partner: 'one' }), []);
          assert.deepEqual(await found({ topic }), [messageId]);
        } finally {
          await test.database.db.query('delete from delivery where message_id = $1', [messageId]);
        }
      });
    }

    it('finds what a partner sent us, by the partner and by its own id of it', async () => {
      const known = test.exchange.directory.find('one');
      assert.ok(known);
      const message = { partner: known.partner, partnerMessageId: 'theirs-1', kind: 'acknowledgement', keys: [] };
      const body = Buffer.from('{}');
      await test.exchange.inbox.receive(
        { ...message, body, trace: `00-${'9'.repeat(32)}-${'2'.repeat(16)}-00` },
        async () => ({}),
      );
      const [header] = (await desk.messages.search({ partnerMessage: 'theirs-1' })).messages;
      assert.equal(header?.direction, 'inbound');
      assert.equal(header?.partnerId, 'one');
      const messageId = header?.messageId;
      assert.deepEqual(await found({ partner: 'one', direction: 'inbound' }), [messageId]);
      assert.deepEqual(await found({ partner: 'two', direction: 'inbound' }), []);
      assert.ok(!(await found({ partner: 'one', direction: 'outbound' })).includes(messageId ?? ''));
      assert.deepEqual(await found({ partnerMessage: 'theirs-1', partner: 'one' }), [messageId]);
      assert.deepEqual(await found({ partnerMessage: 'theirs-1', state: 'delivered' }), []);
    });

    it('asks for something to go by', async () => {
      await refuses(test.database.db, 'exchange.search_without_key', () =>
        desk.messages.search({ direction: 'outbound', from: new Date() }),
      );
      await refuses(test.database.db, 'request.value_format', () => desk.messages.search({ gtin: GTIN, cursor: 'x' }));
    });

    it('keeps to the time that is asked for, its end not included', async () => {
      const { db } = test.database;
      const at = [0, 1, 2].map((hours) => new Date(START + hours * HOUR_MS));
      const made: string[] = [];
      for (const createdAt of at) {
        made.push((await makeDelivery(db, { createdAt, topic: 'time.told', keys: ['order:time'] })).messageId);
      }
      const [, from, to] = at;
      assert.deepEqual(await found({ order: 'time', from }), [made[2], made[1]]);
      assert.deepEqual(await found({ order: 'time', from, to }), [made[1]]);
      assert.deepEqual(await found({ topic: 'time.told', partner: 'one', to }), [made[1], made[0]]);
      assert.deepEqual(await found({ topic: 'time.told', state: 'delivered', from }), [made[2], made[1]]);
    });
  });

  it('pages through everything once, whatever the size of a page and however many share an instant', async () => {
    const { db } = test.database;
    const keys = fc.uniqueArray(fc.constantFrom('gtin:p1', 'gtin:p2', 'order:p3'), { maxLength: 3 });
    const messages = fc.array(fc.record({ second: fc.integer({ min: 0, max: 3 }), keys }), { maxLength: 12 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(messages, fc.integer({ min: 1, max: 5 }), async (wanted, limit) => {
        run += 1;
        const topic = `run.${run}`;
        const made: { messageId: string; at: number; keys: readonly string[] }[] = [];
        for (const { second, keys: about } of wanted) {
          const at = START + second * 1_000;
          const own = about.map((key) => `${key}-${run}`);
          const { messageId } = await makeDelivery(db, { createdAt: new Date(at), topic, keys: own });
          made.push({ messageId, at, keys: own });
        }
        made.sort((a, b) => b.at - a.at || (a.messageId < b.messageId ? 1 : -1));
        const about = (key: string): string[] =>
          made.filter(({ keys: own }) => own.includes(key)).map(({ messageId }) => messageId);
        const all = made.map(({ messageId }) => messageId);
        assert.deepEqual(await paged({ topic, partner: 'one' }, limit), all);
        assert.deepEqual(await paged({ topic, state: 'delivered' }, limit), all);
        assert.deepEqual(await paged({ gtin: `p1-${run}` }, limit), about(`gtin:p1-${run}`));
        assert.deepEqual(await paged({ order: `p3-${run}`, partner: 'one' }, limit), about(`order:p3-${run}`));
      }),
      { numRuns: 15 },
    );

    async function paged(query: SearchQuery, limit: number): Promise<string[]> {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await desk.messages.search({ ...query, limit, cursor });
        assert.ok(page.messages.length <= limit);
        ids.push(...page.messages.map(({ messageId }) => messageId));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return ids;
    }
  });
});
