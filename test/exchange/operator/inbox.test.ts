import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createInboundDoor } from '../../../src/exchange/inbound/door.ts';
import { digestOf } from '../../../src/exchange/message.ts';
import { inboundRoutes } from '../../../src/routes/exchange/inbound.ts';
import { scriptedAdapter, startTestExchange, type TestExchange } from '../support.ts';
import { type Door, everything, forgetDeliveries, makeDelivery, openDoor } from './support.ts';

const OWNER = '180540001239';
const OTHER = '190240012344';
const DIGEST = digestOf(Buffer.from('what they got')).toString('hex');
const DAY = '2026-11-24';

describe('the door by which partners come in', () => {
  let test: TestExchange;
  let door: Door;
  let number = 0;

  before(async () => {
    test = await startTestExchange({ transport: 'embedded', adapters: [scriptedAdapter()] });
    const { db } = test.database;
    await db.query(
      `insert into participant (bin, name, role, registered_at)
       values ($1, 'Zavod', 'manufacturer', now()), ($2, 'Duken', 'retailer', now())`,
      [OWNER, OTHER],
    );
    await test.addPartner('theirs', { bin: OWNER, topics: ['nothing'] });
    await test.addPartner('ours', { topics: ['nothing'] });
    const { inbox, directory } = test.exchange;
    door = await openDoor(inboundRoutes(createInboundDoor({ inbox, directory })), {
      owner: { bin: OWNER, role: 'manufacturer', name: 'Zavod' },
      other: { bin: OTHER, role: 'retailer', name: 'Duken' },
      operator: { bin: '000000000001', role: 'operator', name: 'Operator' },
    });
  });
  after(async () => {
    await door.stop();
    await test.stop();
  });

  const newMessageId = (): string => `m-${++number}`;
  const tell = (body: unknown, { id = newMessageId(), as = 'owner', partner = 'theirs' } = {}) =>
    door.call('POST', `/inbox/${partner}`, as, body, id === '' ? {} : { 'message-id': id });
  const acknowledgement = (...messages: { messageId: string; digest?: string }[]) => ({
    kind: 'acknowledgement',
    messages,
  });
  const acknowledged = async () => {
    const { rows } = await test.database.db.query(
      `select message_id as "messageId", partner_id as "partnerId", encode(acknowledged_digest, 'hex') as digest
         from delivery where acknowledged_at is not null order by position`,
    );
    return rows;
  };

  describe('for acknowledgements', () => {
    beforeEach(() => forgetDeliveries(test.database.db));

    it('keeps the first digest that is named, also after the partner’s answer had acknowledged', async () => {
      const { messageId } = await makeDelivery(test.database.db, { partnerId: 'theirs' });
      await tell(acknowledgement({ messageId }));
      const answer = await tell(acknowledgement({ messageId, digest: DIGEST }));
      assert.deepEqual([answer.status, answer.body['already']], [200, 1]);
      await tell(acknowledgement({ messageId, digest: '0'.repeat(64) }));
      assert.deepEqual(await acknowledged(), [{ messageId, partnerId: 'theirs', digest: DIGEST }]);
    });

    it('notes them with their digests, and tells what it does not know', async () => {
      const { db } = test.database;
      const first = await makeDelivery(db, { partnerId: 'theirs' });
      const second = await makeDelivery(db, { partnerId: 'theirs', state: 'sending' });
      const foreign = await makeDelivery(db, { partnerId: 'ours' });
      const unknown = randomUUID();
      const answer = await tell(
        acknowledgement(
          { messageId: first.messageId, digest: DIGEST },
          { messageId: second.messageId },
          { messageId: second.messageId, digest: DIGEST },
          { messageId: foreign.messageId },
          { messageId: unknown },
        ),
      );
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('repeated'), 'false');
      const none = [foreign.messageId, unknown].sort();
      assert.deepEqual(answer.body, { acknowledged: 2, already: 0, unknown: none });
      assert.deepEqual(await acknowledged(), [
        { messageId: first.messageId, partnerId: 'theirs', digest: DIGEST },
        { messageId: second.messageId, partnerId: 'theirs', digest: null },
      ]);
    });

    it('keeps the first one of a message', async () => {
      const { messageId } = await makeDelivery(test.database.db, { partnerId: 'theirs' });
      await tell(acknowledgement({ messageId, digest: DIGEST }));
      const before = await acknowledged();
      const { body } = await tell(acknowledgement({ messageId, digest: 'f'.repeat(64) }));
      assert.deepEqual(body, { acknowledged: 0, already: 1, unknown: [] });
      assert.deepEqual(await acknowledged(), before);
    });

    it('takes a thousand at once, and a thousand others at the same time', async () => {
      const { db } = test.database;
      await db.query(
        `insert into delivery (delivery_id, message_id, message_at, partner_id, topic, state, due_at, created_at)
         select gen_random_uuid(), gen_random_uuid(), now(), 'theirs', 'bulk.told', 'delivered', now(), now()
           from generate_series(1, 1000)`,
      );
      const { rows } = await db.query<{ messageId: string }>('select message_id as "messageId" from delivery');
      const answers = await Promise.all([
        tell(acknowledgement(...rows)),
        tell(acknowledgement(...[...rows].reverse())),
        tell(acknowledgement(...rows.slice(500))),
      ]);
      const counts = answers.map(({ body }) => Number(body['acknowledged']));
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        1_000,
      );
      assert.equal((await acknowledged()).length, 1_000);
    });
  });

  describe('for reports', () => {
    beforeEach(() => test.database.db.query('truncate partner_report'));

    const reported = async () => {
      const { rows } = await test.database.db.query(
        `select day::text, partner_id as "partnerId", message_id as "messageId", encode(digest, 'hex') as digest
           from partner_report order by message_id`,
      );
      return rows;
    };

    it('gathers the list of a day from its parts', async () => {
      const [first = '', second = '', third = ''] = [randomUUID(), randomUUID(), randomUUID()].sort();
      const part = (last: boolean, ...messages: object[]) => ({ kind: 'report', day: DAY, messages, last });
      const one = await tell(
        part(false, { messageId: first, digest: DIGEST }, { messageId: first }, { messageId: second }),
      );
      assert.deepEqual(one.body, { day: DAY, taken: 2 });
      const two = await tell(part(true, { messageId: second, digest: DIGEST }, { messageId: third }));
      assert.deepEqual(two.body, { day: DAY, taken: 1 });
      const common = { day: DAY, partnerId: 'theirs' };
      assert.deepEqual(await reported(), [
        { ...common, messageId: first, digest: DIGEST },
        { ...common, messageId: second, digest: null },
        { ...common, messageId: third, digest: null },
      ]);
      assert.deepEqual((await tell(part(true))).body, { day: DAY, taken: 0 });
    });
  });

  describe('for the same message again', () => {
    it('gives the first answer, and has no second effect', async () => {
      const { messageId } = await makeDelivery(test.database.db, { partnerId: 'theirs' });
      const body = acknowledgement({ messageId });
      const id = newMessageId();
      const first = await tell(body, { id });
      await test.database.db.query('update delivery set acknowledged_at = null');
      const second = await tell(body, { id });
      assert.deepEqual(second.body, first.body);
      assert.equal(second.headers.get('repeated'), 'true');
      assert.deepEqual(await acknowledged(), []);
    });

    it('has one effect where twenty come at once', async () => {
      const { messageId } = await makeDelivery(test.database.db, { partnerId: 'theirs' });
      const id = newMessageId();
      const body = acknowledgement({ messageId });
      const answers = await Promise.all(Array.from({ length: 20 }, () => tell(body, { id })));
      for (const answer of answers) {
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.body, { acknowledged: 1, already: 0, unknown: [] });
      }
      assert.equal(answers.filter(({ headers }) => headers.get('repeated') === 'false').length, 1);
    });

    it('with another body is a conflict: 409, one alert, and no effect', async () => {
      const { db } = test.database;
      const one = await makeDelivery(db, { partnerId: 'theirs' });
      const two = await makeDelivery(db, { partnerId: 'theirs' });
      const id = newMessageId();
      await tell(acknowledgement({ messageId: one.messageId }), { id });
      const before = await everything(db);
      for (let times = 0; times < 3; times += 1) {
        const { status, body } = await tell(acknowledgement({ messageId: two.messageId }), { id });
        assert.deepEqual([status, body['code']], [409, 'exchange.inbox_conflict']);
      }
      assert.deepEqual(await everything(db), before);
      const { rows } = await db.query('select kind from alert where subject = $1', [`theirs ${id}`]);
      assert.deepEqual(rows, [{ kind: 'inbox_conflict' }]);
    });

    it('is another message where another partner sends it', async () => {
      const id = newMessageId();
      const body = acknowledgement({ messageId: randomUUID() });
      await tell(body, { id });
      const second = await tell(body, { id, as: 'operator', partner: 'ours' });
      assert.equal(second.headers.get('repeated'), 'false');
    });
  });

  it('begins again what the store undid to end a deadlock, a few times', async () => {
    const { directory } = test.exchange;
    const word = { kind: 'report', day: DAY, messages: [], last: true } as const;
    const letter = { partnerId: 'theirs', partnerMessageId: 'm', word, body: Buffer.from('{}'), trace: '' };
    const by = { bin: OWNER, isOperator: false };
    const failingFor = (times: number) => {
      let calls = 0;
      const receive = async () => {
        calls += 1;
        if (calls <= times)
          throw Object.assign(new pg.DatabaseError('deadlock detected', 0, 'error'), { code: '40P01' });
        return { answer: { calls }, repeated: false };
      };
      return createInboundDoor({ inbox: { receive }, directory });
    };
    assert.deepEqual((await failingFor(3).receive(letter, by)).answer, { calls: 4 });
    await assert.rejects(failingFor(4).receive(letter, by), { code: '40P01' });
  });

  describe('refuses', () => {
    const body = { kind: 'report', day: DAY, messages: [], last: true };

    async function refused(status: number, code: string, call: ReturnType<typeof tell>): Promise<void> {
      const before = await everything(test.database.db);
      const answer = await call;
      assert.deepEqual([answer.status, answer.body['code']], [status, code]);
      assert.deepEqual(await everything(test.database.db), before);
    }

    it('what comes from somebody else, as if there were no such partner', async () => {
      await refused(404, 'exchange.partner_unknown', tell(body, { as: 'other' }));
      await refused(404, 'exchange.partner_unknown', tell(body, { partner: 'ours' }));
      await refused(404, 'exchange.partner_unknown', tell(body, { partner: 'nobody', as: 'operator' }));
      assert.equal((await tell(body, { as: 'operator' })).status, 200);
    });

    it('a message without an id, or with one that is no text', async () => {
      await refused(400, 'request.invalid', tell(body, { id: '' }));
      await refused(400, 'request.invalid', tell(body, { id: 'x'.repeat(256) }));
      await refused(400, 'request.invalid', tell(body, { id: '\u00e9' }));
    });

    it('bodies of another shape', async () => {
      const messageId = randomUUID();
      const wrong = [
        { kind: 'acknowledgement', messages: [] },
        { kind: 'acknowledgement', messages: [{ messageId: 'x' }] },
        { kind: 'acknowledgement', messages: [{ messageId, digest: 'abc' }] },
        { kind: 'acknowledgement', messages: Array.from({ length: 1_001 }, () => ({ messageId })) },
        { kind: 'report', day: '2026-02-30', messages: [], last: true },
        { kind: 'report', day: DAY, messages: [] },
        { kind: 'greeting' },
      ];
      for (const each of wrong) await refused(400, 'request.invalid', tell(each));
    });

    it('more than a mebibyte', async () => {
      await refused(413, 'request.body_too_large', tell(`"${'x'.repeat(1024 * 1024)}"`));
    });
  });
});
