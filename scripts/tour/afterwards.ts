import { cisOf } from './goods.ts';
import type { Answer } from './hub.ts';
import { WrongAnswer } from './hub.ts';
import { codePath, day, orderOf, rejecter } from './requests.ts';
import type { Goods, Stage } from './stage.ts';

export async function refuse({ demo, hub, teller, now }: Stage, goods: Goods): Promise<void> {
  teller.chapter('10  What is refused');
  const manufacturer = demo.who('manufacturer');
  const loose = cisOf(goods.boots.at(-1) ?? '');
  const reject = rejecter(hub);
  await reject(
    'A shop withdraws goods of the manufacturer: rejected whole, with the place in the document.',
    demo.who('retailer'),
    'withdrawal',
    { codes: [loose], reason: 'OWN_USE', date: day(now(), 0) },
    [{ code: 'documents.not_owner', path: '/body/codes/0', cis: loose }],
  );
  await reject(
    'The manufacturer reports a code as applied a second time.',
    manufacturer,
    'utilisation',
    { codes: [loose], productionDate: day(now(), -1) },
    [{ code: 'documents.wrong_status', path: '/body/codes/0' }],
  );
  await reject(
    'Goods produced the day after tomorrow: everything wrong is told at once, in the language of the caller, here Kazakh.',
    manufacturer,
    'utilisation',
    { codes: [loose], productionDate: day(now(), 2) },
    [
      { code: 'documents.date_in_future', path: '/body/productionDate' },
      { code: 'documents.wrong_status', path: '/body/codes/0' },
    ],
    'kk',
  );
  await hub.send({
    says: 'A GTIN with a wrong check digit and a quantity of none: everything that is wrong, at once.',
    as: manufacturer,
    method: 'POST',
    path: '/api/v1/orders',
    body: orderOf('04870000100018', 0),
    status: 400,
    answer: {
      errors: [
        { code: 'code.gtin_check_digit', path: '/products/0/gtin' },
        { code: 'orders.quantity_invalid', path: '/products/0/quantity' },
      ],
    },
    show: ['code', 'errors'],
  });
  await hub.send({
    says: 'Nobody orders codes without a key.',
    as: null,
    method: 'POST',
    path: '/api/v1/orders',
    body: orderOf('04870000100019', 1),
    status: 401,
    answer: { code: 'access.token_missing' },
    show: ['code', 'detail'],
  });
}

const LIFE = ['emitted', 'applied', 'packed', 'introduced', 'sold', 'returned', 'sold'] as const;

export async function lookBack({ demo, hub, teller }: Stage, goods: Goods): Promise<void> {
  teller.chapter('11  Looking back');
  const history = await hub.send({
    says:
      'The whole life of the pair, read by the inspector: that disclosure is itself logged. While it was packed, events ' +
      'of its packages were its own too (via).',
    as: demo.who('authority'),
    method: 'GET',
    path: `${codePath(goods.unit)}/history`,
    status: 200,
    answer: { events: (events: unknown) => Array.isArray(events) },
    show: ['cis'],
  });
  const events = eventsOf(history);
  teller.table([['event', 'status', 'via package'], ...events.map(({ event, status, via }) => [event, status, via])]);
  const own = events.filter(({ via }) => via === '').map(({ event }) => event);
  if (own.join() !== LIFE.join()) {
    throw new WrongAnswer(`The pair's own events are ${own.join(', ')}; the story says ${LIFE.join(', ')}.`);
  }
  if (!events.some(({ event, via }) => event === 'packed' && via === `00${goods.box}`)) {
    throw new WrongAnswer('That the box went on the pallet is not part of the pair’s history.');
  }
  for (const via of [`00${goods.pallet}`, `00${goods.box}`]) {
    if (!events.some(({ event, via: by }) => event === 'accepted' && by === via)) {
      throw new WrongAnswer(`That ${via} was accepted is not part of the pair’s history.`);
    }
  }
  await hub.send({
    says: 'The box it was sold from is still a box in the shop, with one pair less.',
    as: demo.who('retailer'),
    method: 'GET',
    path: `/api/v1/codes/00${goods.box}`,
    status: 200,
    answer: {
      type: 'transport',
      status: 'in_circulation',
      closed: false,
      parent: null,
      owner: demo.who('retailer').bin,
    },
    show: ['cis', 'type', 'status', 'owner', 'parent', 'closed'],
  });
  await hub.send({
    says: 'Nothing is lost: twelve codes were issued, twelve are there, each in one state.',
    as: demo.who('manufacturer'),
    method: 'POST',
    path: '/api/v1/codes/query',
    body: { codes: goods.boots.map(cisOf) },
    status: 200,
    answer: {
      codes: goods.boots.map((code) => ({
        cis: cisOf(code),
        status: code === goods.unit ? 'withdrawn' : 'in_circulation',
      })),
      unknown: [],
    },
  });
}

interface ToldEvent {
  readonly event: string;
  readonly status: string;
  readonly via: string;
}

function eventsOf(history: Answer): readonly ToldEvent[] {
  return history.list('events').map((event) => ({
    event: event.text('event'),
    status: event.text('status'),
    via: event.textOrNull('via') ?? '',
  }));
}
