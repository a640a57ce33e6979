import { asDigitalLink, asScanned, cisOf, fiscalSign, withForgedTail, withInventedSerial } from './goods.ts';
import { checker, codePath, PRICE, receiptOf } from './requests.ts';
import type { Stage } from './stage.ts';

export async function checkBeforeSale(
  { hub, teller }: Stage,
  unit: string,
  trainers: readonly string[],
): Promise<void> {
  teller.chapter('6  A citizen checks');
  const check = checker(hub);
  await check('No key is needed. The code as the scanner gave it, the answer in Kazakh.', asScanned(unit), 'kk', {
    verdict: 'genuine',
    tradeName: (name: unknown) => String(name).includes('етік'),
  });
  await check(
    'Imported goods, in Russian: importer and customs declaration are shown; who owns the goods now never is.',
    trainers[0] ?? '',
    'ru',
    {
      verdict: 'genuine',
      importer: 'ТОО «Каспий Импорт»',
      customsDeclaration: { number: (text: unknown) => String(text).startsWith('50707/') },
      owner: undefined,
    },
    ['verdict', 'message', 'tradeName', 'importer', 'customsDeclaration'],
  );
  await check('The same code printed as a web address (GS1 Digital Link).', asDigitalLink(unit), 'en', {
    verdict: 'genuine',
  });
  await check('One character of the signature changed: forged.', withForgedTail(unit), 'en', { verdict: 'forged' });
  await check(
    'A serial that was never issued, with a signature copied from a real code: the same answer, so nobody finds out by ' +
      'trying which serials exist.',
    withInventedSerial(unit),
    'en',
    { verdict: 'forged' },
  );
  await check('Without its signature a code proves nothing: the goods card only, in any case.', cisOf(unit), 'ru', {
    verdict: 'unverified',
    productionDate: null,
  });
}

export async function sell({ demo, hub, teller, now }: Stage, unit: string): Promise<object> {
  teller.chapter('7  At the till');
  const receipt = receiptOf(demo, 'sale', unit, now());
  const first = await hub.send({
    says:
      'The shop sells one pair out of the unopened box, and its fiscal data operator pushes the receipt. The pair is the ' +
      'shop’s own and in circulation: nothing to note.',
    as: demo.who('ofd'),
    method: 'POST',
    path: '/api/v1/receipts',
    body: receipt,
    status: 200,
    answer: {
      status: 'accepted',
      codes: [{ cis: cisOf(unit), outcome: 'sold', anomaly: null }],
    },
    show: ['status', 'receiptId', 'codes'],
  });
  await hub.send({
    says: 'The same receipt again: the same answer, and no second effect.',
    as: demo.who('ofd'),
    method: 'POST',
    path: '/api/v1/receipts',
    body: receipt,
    status: 200,
    answer: first.body,
    show: ['status', 'receiptId', 'codes'],
  });
  await hub.send({
    says: 'The same register, fiscal sign and time with another sum: a conflict. Both texts are kept as evidence.',
    as: demo.who('ofd'),
    method: 'POST',
    path: '/api/v1/receipts',
    body: { ...receipt, items: [{ marks: [unit], quantity: 1, price: PRICE, sum: PRICE - 1 }] },
    status: 409,
    answer: { code: 'receipts.conflict' },
    show: ['code', 'detail'],
  });
  return receipt;
}

export async function checkAfterSale({ demo, hub }: Stage, unit: string, receipt: object): Promise<void> {
  const check = checker(hub);
  await check('The citizen checks once more.', unit, 'kk', { verdict: 'sold' });
  await hub.send({
    says: 'Another till sells the same code: a copy. The receipt is kept, the code stays as it is.',
    as: demo.who('ofd'),
    method: 'POST',
    path: '/api/v1/receipts',
    body: { ...receipt, registerId: 'KKM-0002', fiscalSign: fiscalSign() },
    status: 200,
    answer: { status: 'accepted', codes: [{ outcome: 'unchanged', anomaly: { code: 'receipts.already_sold' } }] },
    show: ['status', 'codes'],
  });
}

export async function takeBack({ demo, hub, teller, now }: Stage, unit: string): Promise<void> {
  teller.chapter('8  A return');
  const retailer = demo.who('retailer');
  await hub.send({
    says: 'The buyer brings the boots back; a return receipt puts them into circulation again.',
    as: demo.who('ofd'),
    method: 'POST',
    path: '/api/v1/receipts',
    body: receiptOf(demo, 'sale_return', unit, now()),
    status: 200,
    answer: { status: 'accepted', codes: [{ outcome: 'returned', anomaly: null }] },
    show: ['status', 'codes'],
  });
  await hub.send({
    says: 'They are the shop’s now, and in no package.',
    as: retailer,
    method: 'GET',
    path: codePath(unit),
    status: 200,
    answer: { status: 'in_circulation', owner: retailer.bin, parent: null, root: null },
  });
}
