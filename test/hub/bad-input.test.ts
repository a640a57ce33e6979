import assert from 'node:assert/strict';
import { isErrorCode } from '../../src/core/errors.ts';
import type { TestDatabase } from '../support/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { emitCodes, sscc } from '../support/goods.ts';
import type { Answer, Call, HubClient, TestHub } from '../support/hub.ts';
import { demoGoods, startTestHub, submitDocument } from '../support/hub.ts';
import { demoReceipt, pushLines } from '../support/receipts.ts';

const SHOES = '04870000100019';
const IMPORTED = '04870000101016';
const INJECTION = `01${SHOES}21';drop--code;`;
const NDJSON = 'application/x-ndjson';
const LANGUAGES = ['kk', 'ru', 'en'] as const;

/** A request with its fault, and the code that it is answered with. */
interface Fault {
  readonly what: string;
  readonly code: string;
  readonly status?: number;
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly call: (hub: HubClient, codes: Codes) => Call;
}

interface Codes {
  readonly own: readonly string[];
  readonly foreign: readonly string[];
}

const product = (changes: object = {}) => ({
  gtin: SHOES,
  quantity: 1,
  serialNumberType: 'OPERATOR',
  cisType: 'UNIT',
  ...changes,
});

function order(what: string, code: string, changes: object, group = 'shoes'): Fault {
  const body = { productGroup: group, products: [product(changes)], releaseMethodType: 'PRIMARY' };
  return { what, code, path: '/api/v1/orders', call: () => ({ as: 'manufacturer', body }) };
}

function document(what: string, code: string, body: (codes: Codes) => unknown, changes: Partial<Fault> = {}): Fault {
  const call = (_hub: HubClient, codes: Codes): Call => ({
    as: 'manufacturer',
    body: { kind: 'utilisation', body: body(codes) },
    headers: { prefer: 'wait=30' },
  });
  return { what, code, path: '/api/v1/documents', call, ...changes };
}

const applied = (codes: readonly string[], changes: object = {}) => ({
  codes,
  productionDate: '2026-01-10',
  ...changes,
});

function raw(what: string, code: string, path: string, body: string | Uint8Array, call: Call = {}): Fault {
  return { what, code, path, call: () => ({ as: path.endsWith('receipts') ? 'ofd' : 'manufacturer', body, ...call }) };
}

const BROKEN_UTF8 = Buffer.from('{"kind":"utilisation","body":{"batch":"\xc3\x28"}}', 'latin1');
const HEADER = JSON.stringify({ kind: 'utilisation', body: { productionDate: '2026-01-10' } });

const REFUSED: readonly Fault[] = [
  order('a malformed GTIN', 'gtin', { gtin: '48700001000' }),
  order('a GTIN with a wrong check digit', 'gtin', { gtin: '04870000100018' }),
  order('a GTIN that nobody published', 'orders.gtin_not_in_catalogue', { gtin: '04600000000008' }),
  order('another participant’s GTIN', 'orders.gtin_not_yours', { gtin: IMPORTED }),
  order('an unknown product group', 'orders.unknown_product_group', {}, 'furs'),
  order('a quantity of 0', 'orders.quantity_invalid', { quantity: 0 }),
  order('a quantity over the limit', 'orders.quantity_too_large', { quantity: 150_001 }),
  order('a quantity below 0', 'orders.quantity_invalid', { quantity: -1 }),
  order('SQL in a serial of its own', 'serial', { serialNumberType: 'SELF_MADE', serialNumbers: ["';drop table--"] }),
  raw('an order that is no JSON', 'request.malformed_json', '/api/v1/orders', '{"productGroup": '),
  raw('a document that is no UTF-8', 'request.invalid_utf8', '/api/v1/documents', BROKEN_UTF8),
  raw('a document that is no JSON', 'request.malformed_json', '/api/v1/documents', '{"kind":"utilisation",}'),
  raw('a document without a body', 'request.body_missing', '/api/v1/documents', ''),
  raw('a document of another content type', 'request.content_type', '/api/v1/documents', '<a/>', { type: 'text/html' }),
  raw('a stream with a broken line', 'documents.line_malformed', '/api/v1/documents', `${HEADER}\n"a"\n{"b`, {
    type: NDJSON,
  }),
  raw('a stream without a header', 'documents.header_missing', '/api/v1/documents', '"a"\n', { type: NDJSON }),
  raw('an empty stream', 'documents.header_missing', '/api/v1/documents', '', { type: NDJSON }),
  raw('a receipt that is no UTF-8', 'request.invalid_utf8', '/api/v1/receipts', BROKEN_UTF8),
  raw('a receipt that is no receipt', 'request', '/api/v1/receipts', '{"a":1}'),
  raw('a code of a check that is no text', 'request.invalid', '/api/public/check', '{"code":7}'),
  raw('an unknown route', 'request.not_found', '/api/v1/gifts', '{}'),
  {
    what: 'a missing key',
    code: 'access.token_missing',
    status: 401,
    path: '/api/v1/documents',
    call: () => ({ body: { kind: 'utilisation', body: {} } }),
  },
  {
    what: 'a wrong key',
    code: 'access.token_unknown',
    status: 401,
    path: '/api/v1/receipts',
    call: () => ({ body: {}, headers: { authorization: `Bearer tanba_${'x'.repeat(43)}` } }),
  },
  {
    what: 'a key of a role that may not',
    code: 'access.forbidden',
    status: 403,
    path: '/api/v1/documents',
    call: () => ({ as: 'ofd', body: { kind: 'utilisation', body: {} } }),
  },
  {
    what: 'an identifier that is none',
    code: 'request.invalid',
    method: 'GET',
    path: `/api/v1/documents/${encodeURIComponent("' or 1=1")}`,
    call: () => ({ as: 'manufacturer' }),
  },
  {
    what: 'a page size that is no finite number',
    code: 'request.invalid',
    method: 'GET',
    path: '/api/v1/transfers?limit=1e400',
    call: () => ({ as: 'manufacturer' }),
  },
  {
    what: 'a page of errors beyond all numbers',
    code: 'request.invalid',
    method: 'GET',
    path: '/api/v1/documents/01900000-0000-7000-8000-000000000001/errors?after=1e30',
    call: () => ({ as: 'manufacturer' }),
  },
  {
    what: 'SQL in place of a code',
    code: 'codes.not_found',
    status: 404,
    method: 'GET',
    path: `/api/v1/codes/${encodeURIComponent(INJECTION)}`,
    call: () => ({ as: 'manufacturer' }),
  },
  {
    what: 'a question about 1,001 codes',
    code: 'codes.too_many',
    path: '/api/v1/codes/query',
    call: () => ({ as: 'manufacturer', body: { codes: Array(1_001).fill('x') } }),
  },
];

/** Faults that only the goods show: the document is durable, and rejected. */
const REJECTED: readonly Fault[] = [
  document('a code named twice', 'documents.code_repeated', ({ own }) => applied([...own, ...own])),
  document('a code of another owner', 'documents.not_owner', ({ foreign }) => applied(foreign)),
  document('SQL in a serial', 'documents.code_not_found', () => applied([INJECTION])),
  document('a future production date', 'documents.date_in_future', ({ own }) =>
    applied(own, { productionDate: '2999-01-01' }),
  ),
  document('a production date of the year 0', 'documents.date_too_early', ({ own }) =>
    applied(own, { productionDate: '0000-01-01' }),
  ),
  document('a withdrawal before the introduction', 'documents.wrong_status', () => undefined, {
    call: (_hub, { own }) => ({
      as: 'manufacturer',
      body: { kind: 'withdrawal', body: { codes: own, reason: 'EXPORT', date: '2026-01-10' } },
      headers: { prefer: 'wait=30' },
    }),
  }),
  document('packing a package into itself', 'aggregation.into_itself', () => undefined, {
    call: () => ({
      as: 'manufacturer',
      body: { kind: 'aggregation', body: { sscc: sscc(7_001), codes: [`00${sscc(7_001)}`] } },
      headers: { prefer: 'wait=30' },
    }),
  }),
];

describe('bad input over HTTP', () => {
  let store: TestDatabase;
  let hub: TestHub;
  let codes: Codes;

  before(async function () {
    this.timeout(60_000);
    store = await createTestDatabase();
    hub = await startTestHub({ databaseUrl: store.url });
    const goods = demoGoods(hub);
    codes = {
      own: await emitCodes(store.db, 2, { ...goods, owner: hub.binOf('manufacturer') }),
      foreign: await emitCodes(store.db, 1, { ...goods, owner: hub.binOf('importer') }),
    };
  });
  after(async () => {
    await hub.stop();
    await store.drop();
  });

  async function goods(): Promise<unknown> {
    const { rows } = await store.db.query(
      `select (select md5(string_agg(c::text, ',' order by c.cis)) from code c) as codes,
              (select count(*) from code_history) as history, (select count(*) from receipt) as receipts,
              (select count(*) from code_order) as orders, (select count(*) from document where status = 'accepted') as accepted`,
    );
    return rows[0];
  }

  async function send(fault: Fault, language: string): Promise<Answer> {
    const call = fault.call(hub, codes);
    return hub.call(fault.method ?? 'POST', fault.path, {
      ...call,
      headers: { ...call.headers, 'accept-language': language },
    });
  }

  function told(answer: Answer): { code: string; message: string }[] {
    const listed = (answer.body.errors ?? []) as { code: string; message: string }[];
    return [
      ...listed,
      ...(answer.body.code === undefined ? [] : [{ code: answer.body.code, message: answer.body.detail }]),
    ];
  }

  function checkWords(answers: readonly Answer[], code: string): void {
    const found = answers.map((answer) => told(answer).find((one) => one.code === code || one.code.includes(code)));
    for (const [index, one] of found.entries()) {
      assert.ok(one !== undefined, `${LANGUAGES[index]}: ${answers[index]?.text}`);
      assert.ok(isErrorCode(one.code), `${one.code} is not in the table`);
      assert.ok(one.message.length > 5 && !/[{}]/.test(one.message), one.message);
    }
    assert.equal(new Set(found.map((one) => one?.message)).size, LANGUAGES.length, 'three languages, three texts');
  }

  for (const fault of REFUSED) {
    it(`refuses ${fault.what}, in three languages, and changes nothing`, async () => {
      const before = await goods();
      const answers: Answer[] = [];
      for (const language of LANGUAGES) answers.push(await send(fault, language));
      for (const { status, text, headers } of answers) {
        assert.ok(status >= 400 && status < 500, `${status} ${text}`);
        if (fault.status !== undefined) assert.equal(status, fault.status);
        assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/);
      }
      checkWords(answers, fault.code);
      assert.deepEqual(await goods(), before);
    });
  }

  for (const fault of REJECTED) {
    it(`rejects a document with ${fault.what}, in three languages, and changes nothing`, async () => {
      const before = await goods();
      const answers: Answer[] = [];
      for (const language of LANGUAGES) answers.push(await send(fault, language));
      for (const { status, body, text } of answers) assert.deepEqual([status, body.status], [200, 'rejected'], text);
      checkWords(answers, fault.code);
      assert.deepEqual(await goods(), before);
    });
  }

  it('shows nobody another participant’s document', async () => {
    const { documentId } = await submitDocument(hub, 'utilisation', applied(codes.foreign));
    const path = `/api/v1/documents/${documentId}`;
    assert.equal((await hub.call('GET', path, { as: 'manufacturer' })).status, 200);
    const { status, body } = await hub.call('GET', path, { as: 'retailer' });
    assert.deepEqual([status, body.code], [404, 'documents.not_found']);
  });

  it('shows an authority every document, and writes down that it did', async () => {
    const { documentId } = await submitDocument(hub, 'utilisation', applied(codes.foreign));
    const disclosures = async (): Promise<unknown[]> => {
      const { rows } = await store.db.query(
        `select bin, details from audit where action = 'document.disclosed' and subject = $1`,
        [documentId],
      );
      return rows;
    };
    const path = `/api/v1/documents/${documentId}`;
    assert.equal((await hub.call('GET', path, { as: 'manufacturer' })).status, 200);
    assert.deepEqual(await disclosures(), []);
    assert.equal((await hub.call('GET', path, { as: 'authority' })).status, 200);
    const disclosed = { ground: 'role', of: hub.binOf('manufacturer') };
    assert.deepEqual(await disclosures(), [{ bin: hub.binOf('authority'), details: disclosed }]);
  });

  it('names line 900,000 of a stream that is broken there, and keeps nothing of it', async function () {
    this.timeout(60_000);
    const documents = async (): Promise<unknown> =>
      (await store.db.query('select (select count(*) from document), (select count(*) from document_part) as parts'))
        .rows;
    const before = await documents();
    const lines = [HEADER, ...Array.from({ length: 899_998 }, (_, index) => `"code-${index}"`), '{"broken', '"code"'];
    const { status, body } = await hub.call('POST', '/api/v1/documents', {
      as: 'manufacturer',
      type: NDJSON,
      body: lines.join('\n'),
    });
    assert.deepEqual([status, body.code, body.details], [400, 'documents.line_malformed', { line: 900_000 }]);
    assert.deepEqual(await documents(), before);
  });

  it('takes the good receipts of an array around a broken one', async () => {
    const good = () => demoReceipt(hub, ['no code at all']);
    const { status, body } = await hub.call('POST', '/api/v1/receipts', {
      as: 'ofd',
      body: [good(), { ...good(), at: 'yesterday' }, good()],
    });
    assert.equal(status, 200);
    assert.deepEqual(
      body.map((one: { status: string }) => one.status),
      ['accepted', 'refused', 'accepted'],
    );
    assert.ok(isErrorCode(body[1].error.code));
  });

  it('takes the good receipts of a stream around a broken line', async () => {
    const good = () => JSON.stringify(demoReceipt(hub, ['no code at all']));
    const answers = await pushLines(hub, [good(), '{{{', good()]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['accepted', 'refused', 'accepted'],
    );
  });

  it('finds the goods as they were, after all that', async () => {
    const document = await submitDocument(hub, 'utilisation', applied(codes.own));
    assert.equal(document.status, 'accepted', JSON.stringify(document.errors));
  });
});
