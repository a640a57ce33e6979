import assert from 'node:assert/strict';
import { DOCUMENT_KINDS, KINDS } from '../../src/core/documents/kinds.ts';
import { AUTHORITY, emitCodes, MANUFACTURER, RETAILER } from '../support/goods.ts';
import type { RefusalDesk } from '../support/refusals.ts';
import { openRefusalDesk } from '../support/refusals.ts';

const ACT = { kind: 'act', number: '7', date: '2026-03-01' } as const;

describe('the rules of documents', () => {
  let desk: RefusalDesk;

  before(async () => {
    desk = await openRefusalDesk(50);
  });
  after(() => desk.close());

  const submit = (kind: Parameters<RefusalDesk['circulation']['submit']>[0], body: object, bin = MANUFACTURER) =>
    desk.circulation.submit(kind, body, { bin });

  async function accepted(...document: Parameters<typeof submit>): Promise<void> {
    const { status, problems } = await submit(...document);
    assert.equal(status, 'accepted', JSON.stringify(problems));
  }

  async function told(...document: Parameters<RefusalDesk['refusal']>): Promise<string[]> {
    return (await desk.refusal(...document)).map(({ code, path }) => `${code} ${path}`);
  }

  async function facts(cis: string) {
    const { productionDate, expiryDate, batch } = await desk.circulation.queries.one(
      { bin: MANUFACTURER, seesEverything: false, ip: '::1' },
      cis,
    );
    return [productionDate, expiryDate, batch];
  }

  it('each have a name of their own within their kind', () => {
    for (const kind of DOCUMENT_KINDS) {
      const names = KINDS[kind].rules.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length, kind);
    }
  });

  describe('of confiscated and destroyed goods', () => {
    for (const reason of ['CONFISCATION', 'UTILIZATION', 'LIQUIDATION']) {
      it(`ask for the act of ${reason}`, async () => {
        const codes = await desk.introduced(1);
        const body = { codes, reason, date: '2026-11-24' };
        assert.deepEqual(await told('withdrawal', body), ['documents.act_missing /body/primaryDocument']);
        await accepted('withdrawal', { ...body, primaryDocument: ACT });
      });
    }

    it('refuse an act of the future', async () => {
      const codes = await desk.introduced(1);
      const primaryDocument = { ...ACT, date: '2027-01-01' };
      const body = { codes, reason: 'CONFISCATION', date: '2026-11-24', primaryDocument };
      assert.deepEqual(await told('withdrawal', body), ['documents.date_in_future /body/primaryDocument/date']);
    });
  });

  it('ask for words where the reason is OTHER, of withdrawal and return', async () => {
    const codes = await desk.introduced(1);
    const withdrawal = { codes, reason: 'OTHER', date: '2026-11-24' };
    assert.deepEqual(await told('withdrawal', withdrawal), ['documents.comment_missing /body/comment']);
    await accepted('withdrawal', { ...withdrawal, comment: 'a gift to a museum' });
    const back = { codes, reason: 'OTHER' };
    assert.deepEqual(await told('return', back), ['documents.comment_missing /body/comment']);
    await accepted('return', { ...back, comment: 'the museum gave them back' });
  });

  describe('of a correction', () => {
    const right = { productionDate: '2026-01-12', expiryDate: '2027-01-12', batch: 'B-2' } as const;

    it('put its facts in the place of those reported first', async () => {
      const [cis = ''] = await desk.introduced(1);
      assert.deepEqual(await facts(cis), ['2026-01-10', null, null]);
      await accepted('correction', { codes: [cis], ...right });
      assert.deepEqual(await facts(cis), ['2026-01-12', '2027-01-12', 'B-2']);
    });

    it('refuse an expiry before the production', async () => {
      const codes = await desk.introduced(1);
      const body = { codes, ...right, expiryDate: '2026-01-11' };
      assert.deepEqual(await told('correction', body), ['documents.expiry_before_production /body/expiryDate']);
    });

    it('refuse codes that are on no goods yet, and packages', async () => {
      const codes = await emitCodes(desk.store.db, 1);
      assert.deepEqual(await told('correction', { codes, ...right }), ['documents.wrong_status /body/codes/0']);
      const box = await desk.packed(await desk.introduced(1));
      assert.deepEqual(await told('correction', { codes: [`00${box}`], ...right }), [
        'documents.wrong_type /body/codes/0',
      ]);
    });
  });

  for (const introductionType of ['COMMISSION', 'REMAINS']) {
    it(`let goods be introduced as ${introductionType}, without a customs declaration`, async () => {
      const codes = await emitCodes(desk.store.db, 1, { status: 'applied' });
      await accepted('introduction', { codes, introductionType, date: '2026-11-24' });
    });
  }

  it('ask that the place of a document is an open one of its sender’s, and the history tells it', async () => {
    const [open, closed, foreign] = ['01', '02', '03'].map((end) => `01900000-0000-7000-8000-0000000000${end}`);
    await desk.store.db.query(
      `insert into business_place (place_id, bin, name, kato, address, kind, active, created_at) values
         ($1, $4, 'Zavod 1', '750000000', 'Almaty', 'production', true, now()),
         ($2, $4, 'Zavod 2', '750000000', 'Almaty', 'production', false, now()),
         ($3, $5, 'Duken 1', '710000000', 'Astana', 'retail', true, now())`,
      [open, closed, foreign, MANUFACTURER, RETAILER],
    );
    const [cis = ''] = await desk.introduced(1);
    const body = { codes: [cis], productionDate: '2026-01-10' };
    for (const placeId of [closed, foreign]) {
      assert.deepEqual(await told('correction', { ...body, placeId }), ['documents.place_unknown /body/placeId']);
    }
    await accepted('correction', { ...body, placeId: open });
    const asker = { bin: MANUFACTURER, seesEverything: false, ip: '::1' };
    const { events } = await desk.circulation.queries.history(asker, cis);
    assert.deepEqual(
      events.map(({ event, place }) => [event, place?.name ?? null]),
      [
        ['emitted', null],
        ['applied', null],
        ['introduced', null],
        ['corrected', 'Zavod 1'],
      ],
    );
  });

  it('of an authority’s order ask for a ground that is not of the future', async () => {
    const codes = await desk.introduced(1);
    const body = { codes, reason: 'COURT', ground: { ...ACT, date: '2027-01-01' } };
    assert.deepEqual(await told('blocking', body, AUTHORITY), ['documents.date_in_future /body/ground/date']);
    await accepted('blocking', { ...body, ground: ACT }, AUTHORITY);
  });

  it('tell everything wrong about a form at once', async () => {
    const body = { codes: [7, 'x'], reason: 'WISH', date: 'soon', more: 1 };
    const value = { kind: 'withdrawal', body };
    const sender = { bin: MANUFACTURER, role: 'manufacturer', ip: '::1', idempotencyKey: undefined } as const;
    const refusal = desk.circulation.intake.acceptJson(sender, value, Buffer.from(JSON.stringify(value)));
    await assert.rejects(refusal, (error: { options?: { problems?: { code: string; path: string }[] } }) => {
      assert.deepEqual(error.options?.problems?.map(({ code, path }) => `${code} ${path}`).sort(), [
        'documents.code_malformed /body/codes/0',
        'request.value_choice /body/reason',
        'request.value_shape /body/date',
        'request.value_unexpected /body/more',
      ]);
      return true;
    });
  });

  it('take a shipment’s identifier in its plain form only', async () => {
    const shipmentId = 'urn:uuid:01900000-0000-7000-8000-000000000001';
    assert.deepEqual(await told('acceptance', { shipmentId }), ['documents.invalid /body/shipmentId']);
  });
});
