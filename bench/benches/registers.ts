import type { Bench, BenchContext } from '../bench.ts';
import { goodsOf, newCodes, settle, shuffled, storeCodes, withTails } from '../goods.ts';
import { participantOf } from '../hub-process.ts';
import { measureLoad, prepareRequests } from '../load.ts';
import { CODES_PER_RECEIPT, receiptRequests, SOLD } from '../receipts.ts';
import type { Row } from '../report.ts';
import { compare } from '../rounds.ts';
import { addTills, measureTills, runTills, ticketsOf } from '../tills.ts';

const RECEIPTS_PER_ROUND = 10_000;
const CONNECTIONS = 128;
const FIRST_DEVICE = 500_000;
const MANY = 10_000;
const FIRST_OF_MANY = 600_000;
const RATE = 500;
const RATE_SECONDS = 20;

/** Registers over TCP against the same receipts over REST; then a country's evening: ten thousand at once. */
export const registers: Bench = {
  name: 'registers',
  run: async (context) => [await overTcp(context), await manyAtOnce(context)],
};

async function overTcp(context: BenchContext): Promise<Row> {
  const { hub, rounds } = context;
  const perRound = context.scaled(RECEIPTS_PER_ROUND);
  const port = registerPort(context);
  const { bin } = participantOf(hub, 'retailer');
  const requests = await receiptRequests(context, perRound * (rounds + 1));
  const tickets = await ticketsInCirculation(context, perRound * (rounds + 1));
  const roundOf = <T>(all: readonly T[], round: number): T[] => all.slice(round * perRound, (round + 1) * perRound);
  return await compare({
    bench: registers.name,
    what: `receipts of ${CODES_PER_RECEIPT} codes over TCP / over REST, one by one, durable`,
    target: { is: 'at least', value: 0.5 },
    rounds,
    baseline: (round) => {
      const fresh = prepareRequests(roundOf(requests, round));
      return measureLoad(
        { ...fresh, port: hub.port, connections: CONNECTIONS, total: perRound, expect: SOLD },
        hub.cpu,
      );
    },
    subject: async (round) => {
      const tills = await addTills(hub, bin, FIRST_DEVICE + round * CONNECTIONS, CONNECTIONS);
      return await measureTills({ port, tills, tickets: roundOf(tickets, round), perSecond: null }, hub.cpu);
    },
    note: `${CONNECTIONS} registers, each with a connection of its own`,
  });
}

async function manyAtOnce(context: BenchContext): Promise<Row> {
  const { hub, tell } = context;
  const { bin } = participantOf(hub, 'retailer');
  const count = context.scaled(MANY);
  const tickets = await ticketsInCirculation(context, context.scaled(RATE * RATE_SECONDS));
  const tills = await addTills(hub, bin, FIRST_OF_MANY, count);
  tell(`${count} registers connect`);
  const result = await runTills({ port: registerPort(context), tills, tickets, perSecond: RATE });
  const { errors, p50Ms, p99Ms, maxMs, seconds } = result;
  return {
    bench: registers.name,
    what: `errors of ${tickets.length.toLocaleString('en-US')} receipts at ${RATE}/s`,
    value: errors,
    unit: 'errors',
    target: { is: 'at most', value: 0 },
    note:
      `${count.toLocaleString('en-US')} registers connected; p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ` +
      `longest ${maxMs.toFixed(0)} ms; ${(tickets.length / seconds).toFixed(0)}/s`,
  };
}

async function ticketsInCirculation({ hub, tell }: BenchContext, count: number): Promise<Buffer[]> {
  const { bin } = participantOf(hub, 'retailer');
  const goods = await goodsOf(hub, 'lp');
  tell(`preparing ${count * CODES_PER_RECEIPT} codes in circulation`);
  const codes = newCodes(goods, count * CODES_PER_RECEIPT);
  await storeCodes(hub, codes, { status: 'in_circulation', owner: bin });
  await settle(hub);
  return ticketsOf(withTails(goods, shuffled(codes)), CODES_PER_RECEIPT);
}

function registerPort({ hub }: BenchContext): number {
  const port = hub.demo.ofd?.port ?? null;
  if (port === null) throw new Error('the hub serves no registers');
  return port;
}
