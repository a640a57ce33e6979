import { cisOf, freshSscc } from './goods.ts';
import type { Request } from './hub.ts';
import { codePath, day, orderOf, submitter, WAIT } from './requests.ts';
import type { Goods, Stage } from './stage.ts';

const PAIRS_OF_BOOTS = 12;
const BOOTS_IN_BOX = 10;
const PAIRS_OF_TRAINERS = 2;

/** The manufacturer's codes, whole, in the order of their pack. */
export async function orderBoots({ demo, hub, teller }: Stage): Promise<readonly string[]> {
  teller.chapter('2  The manufacturer orders codes');
  const manufacturer = demo.who('manufacturer');
  const gtin = demo.gtin('shoes', manufacturer.bin);
  const order = await hub.send({
    says: `${PAIRS_OF_BOOTS} codes for a pair of boots each. The operator makes the serial numbers.`,
    as: manufacturer,
    method: 'POST',
    path: '/api/v1/orders',
    body: orderOf(gtin, PAIRS_OF_BOOTS),
    status: 201,
    answer: { status: 'PENDING', productGroup: 'shoes' },
  });
  const fetch: Request = {
    says:
      'A pack of codes. Each is 01 GTIN 21 serial, then the key id (91) and the signature (92); ␝ stands for the GS ' +
      'separator. The codes are in the issue journal on disk before the first one leaves.',
    as: manufacturer,
    method: 'GET',
    path: `/api/v1/orders/${order.text('orderId')}/codes`,
    query: { gtin, quantity: String(PAIRS_OF_BOOTS) },
    headers: WAIT,
    status: 200,
    answer: { codes: (codes: unknown) => Array.isArray(codes) && codes.length === PAIRS_OF_BOOTS },
  };
  const pack = await hub.send(fetch);
  await hub.send({
    ...fetch,
    says: 'The same question again, as after a lost connection: the same pack again, and no further codes are used up.',
    answer: { packId: pack.text('packId'), codes: pack.texts('codes') },
  });
  return pack.texts('codes');
}

export async function packAndIntroduce({ demo, hub, teller, now }: Stage, boots: readonly string[]): Promise<Goods> {
  teller.chapter('3  From the line to the pallet');
  const manufacturer = demo.who('manufacturer');
  const goods: Goods = { unit: boots[0] ?? '', boots, box: freshSscc(), pallet: freshSscc() };
  const submit = submitter(hub, manufacturer);
  await submit(
    'Application report (utilisation): the codes are on the goods now. Whole codes or their first part both do.',
    'utilisation',
    { codes: boots, productionDate: day(now(), -2), batch: 'A-17' },
    { codeCount: PAIRS_OF_BOOTS },
  );
  const inBox = boots.slice(0, BOOTS_IN_BOX).map(cisOf);
  await submit(
    `${BOOTS_IN_BOX} pairs go into a box. A box is known by its SSCC, 18 digits with a check digit.`,
    'aggregation',
    { sscc: goods.box, codes: inBox },
    {},
  );
  await submit(
    'The box goes on a pallet. Packages inside packages: up to five levels.',
    'aggregation',
    { sscc: goods.pallet, codes: [`00${goods.box}`] },
    {},
  );
  await submit(
    'Introduction into circulation. The pallet stands for everything in it; two pairs are loose.',
    'introduction',
    {
      codes: [`00${goods.pallet}`, ...boots.slice(BOOTS_IN_BOX).map(cisOf)],
      introductionType: 'PRODUCTION',
      date: day(now(), -1),
    },
    {},
  );
  await hub.send({
    says: 'A unit in the box: its owner and its outermost package (root) are found by walking up.',
    as: manufacturer,
    method: 'GET',
    path: codePath(goods.unit),
    status: 200,
    answer: {
      status: 'in_circulation',
      owner: manufacturer.bin,
      parent: `00${goods.box}`,
      root: `00${goods.pallet}`,
    },
  });
  return goods;
}

export async function importTrainers({ demo, hub, teller, now }: Stage): Promise<readonly string[]> {
  teller.chapter('4  The importer');
  const importer = demo.who('importer');
  const gtin = demo.gtin('shoes', importer.bin);
  const order = await hub.send({
    says: 'Codes for imported trainers, ordered before the goods are released by customs.',
    as: importer,
    method: 'POST',
    path: '/api/v1/orders',
    body: orderOf(gtin, PAIRS_OF_TRAINERS),
    status: 201,
    answer: { status: 'PENDING' },
  });
  const pack = await hub.send({
    says: 'Their pack.',
    as: importer,
    method: 'GET',
    path: `/api/v1/orders/${order.text('orderId')}/codes`,
    query: { gtin },
    headers: WAIT,
    status: 200,
    answer: { codes: (codes: unknown) => Array.isArray(codes) && codes.length === PAIRS_OF_TRAINERS },
  });
  const codes = pack.texts('codes');
  const submit = submitter(hub, importer);
  await submit('Applied abroad.', 'utilisation', { codes, productionDate: day(now(), -20) }, {});
  await submit(
    'An import is introduced with its customs declaration; without one the document is rejected.',
    'introduction',
    {
      codes,
      introductionType: 'IMPORT',
      date: day(now(), -1),
      customsDeclaration: { number: `50707/${day(now(), -1).replaceAll('-', '')}/0012345`, date: day(now(), -1) },
    },
    {},
  );
  return codes;
}
