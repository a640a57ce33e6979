import { cisOf } from './goods.ts';
import type { Answer } from './hub.ts';
import { codePath, day, submitter, WAIT } from './requests.ts';
import type { Goods, Stage } from './stage.ts';

const TRANSFER = ['shipmentId', 'number', 'sender', 'receiver', 'status', 'acceptBy', 'lines'] as const;

/** The pallet goes to the wholesaler, its box on to the shop. */
export async function deliver(stage: Stage, goods: Goods): Promise<void> {
  const { demo, hub, teller } = stage;
  teller.chapter('5  From the factory to the shop');
  const [factory, wholesaler, shop] = [demo.who('manufacturer'), demo.who('wholesaler'), demo.who('retailer')];
  const spare = cisOf(goods.boots.at(-2) ?? '');
  const shipment = shipmentOf(stage, wholesaler.bin, 'АТ-000117', [`00${goods.pallet}`, spare]);
  await hub.send({
    says: 'Is the document right? Every rule runs on it, and nothing happens.',
    as: factory,
    method: 'POST',
    path: '/api/v1/documents/validate',
    body: { kind: 'shipment', body: { ...shipment, receiver: factory.bin } },
    status: 200,
    answer: { valid: false, errors: [{ code: 'transfers.to_oneself', path: '/body/receiver' }] },
  });
  const shipped = await submitter(hub, factory)(
    'The pallet and one loose pair are shipped, with the accompanying document. They stay the factory’s until accepted.',
    'shipment',
    shipment,
    {},
  );
  const shipmentId = shipped.text('documentId');
  await seen(stage, 'A unit on the pallet waits with it, although only the pallet’s row was touched.', goods.unit, {
    hold: 'awaiting_acceptance',
    owner: factory.bin,
  });
  const receive = submitter(hub, wholesaler);
  await receive(
    'The loose pair has come wet: the wholesaler refuses it. It is the factory’s again, free to go elsewhere.',
    'refusal',
    { shipmentId, reason: 'DAMAGED', codes: [spare] },
    {},
  );
  await receive('All that is left is accepted, in one document without codes.', 'acceptance', { shipmentId }, {});
  await hub.send({
    says: 'Both sides see what became of the shipment.',
    as: factory,
    method: 'GET',
    path: `/api/v1/transfers/${shipmentId}`,
    status: 200,
    answer: { status: 'accepted_in_part', lines: { accepted: 1, refused: 1 } },
    show: TRANSFER,
  });
  const onwards = await submitter(hub, wholesaler)(
    'The wholesaler ships the box on to the shop: it leaves the pallet, unopened.',
    'shipment',
    shipmentOf(stage, shop.bin, 'ДО-42', [`00${goods.box}`]),
    {},
  );
  const body = { shipmentId: onwards.text('documentId') };
  await submitter(hub, shop)('The shop accepts.', 'acceptance', body, {});
  await seen(stage, 'The pair in the box is the shop’s now.', goods.unit, { hold: 'none', owner: shop.bin });
}

/** What an accompanying document says besides the codes. Prices are in tiyn, without VAT. */
function shipmentOf({ demo, now }: Stage, receiver: string, number: string, codes: readonly string[]): object {
  return {
    receiver,
    number,
    date: day(now(), 0),
    basis: 'Договор 12/2026',
    transport: { kind: 'ROAD', number: '123ABC02' },
    goods: [
      {
        gtin: demo.gtin('shoes', demo.who('manufacturer').bin),
        quantity: codes.length === 1 ? 10 : 11,
        priceTiyn: 2_100_000,
        vatPercent: 16,
        originSign: '1',
      },
    ],
    codes,
  };
}

async function seen({ demo, hub }: Stage, says: string, unit: string, answer: object): Promise<Answer> {
  return hub.send({
    says,
    as: demo.who('authority'),
    method: 'GET',
    path: codePath(unit),
    headers: WAIT,
    status: 200,
    answer,
    show: ['cis', 'status', 'hold', 'owner', 'root'],
  });
}
