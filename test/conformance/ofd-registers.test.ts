import { once } from 'node:events';
import { connect } from 'node:net';
import { askOfd } from '../../src/adapters/ofd/client.ts';
import { encodeFrame, type Frame } from '../../src/adapters/ofd/protocol/frame.ts';
import type { Request } from '../../src/adapters/ofd/protocol/messages.ts';
import { resultNameOf } from '../../src/adapters/ofd/protocol/result-codes.ts';
import { dateTimeOf, moneyOf } from '../../src/adapters/ofd/values.ts';
import { addRegister, codec, REGISTER, startOfd } from '../adapters/ofd/support.ts';
import { movableClock } from '../support/clock.ts';
import { emitCodes, prepareGoods, RETAILER } from '../support/goods.ts';
import { serverUrl, withClient } from '../support/postgres.ts';
import { type InboundAnswer, type InboundFault, inboundConformance } from './inbound.ts';

const DAY_MS = 86_400_000;
const MARKS = 5;
const PATIENCE_MS = 10_000;

inboundConformance('ofd', async (database) => {
  const { db } = database;
  const clock = movableClock();
  await prepareGoods(db);
  await addRegister(database);
  const marks = await emitCodes(db, MARKS, { status: 'in_circulation', owner: RETAILER });
  const ofd = await startOfd(database, clock);
  /** What the n-th request had to carry when it was first sent. */
  const tokens = new Map<number, number>([[1, REGISTER.token]]);
  let newest: number = REGISTER.token;

  const ticket = (n: number, at = clock.now(), price = 100): Request => ({
    command: 1,
    ticket: {
      operation: 2,
      date_time: dateTimeOf(at),
      items: [
        {
          type: 1,
          commodity: {
            name: 'Ботинки',
            quantity: 1_000n,
            price: moneyOf(price),
            sum: moneyOf(price),
            measure_unit_code: '796',
            list_excise_stamp: [marks[n] ?? ''],
          },
        },
      ],
      amounts: { total: moneyOf(price) },
      fr_shift_number: 1,
      shift_document_number: n,
    },
  });
  const frameOf = (n: number, request: Request, token = tokens.get(n) ?? newest): Frame => ({
    version: 203,
    deviceId: REGISTER.deviceId,
    token,
    requestNumber: n,
    payload: codec.encodeRequest(request),
  });
  async function exchange(frame: Frame): Promise<InboundAnswer> {
    const answer = await askOfd(ofd.address, frame, AbortSignal.timeout(PATIENCE_MS));
    const { result } = codec.decodeResponse(answer.payload);
    const name = resultNameOf(result?.result_code ?? -1) ?? 'none';
    // Refused by its header, a request gets its own token back.
    if (name === 'ok') newest = answer.token;
    return { result: name, bytes: encodeFrame(answer) };
  }
  async function send(n: number): Promise<InboundAnswer> {
    const frame = frameOf(n, ticket(n));
    tokens.set(n, frame.token);
    return await exchange(frame);
  }
  async function sendRaw(bytes: Buffer): Promise<null> {
    const socket = connect(ofd.address.port, ofd.address.host);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.end(bytes);
    socket.resume();
    if (!socket.closed) await once(socket, 'close');
    return null;
  }
  const FAULTY: Readonly<Record<InboundFault, (n: number) => Promise<InboundAnswer | null>>> = {
    truncated: (n) => sendRaw(encodeFrame(frameOf(n, ticket(n))).subarray(0, 40)),
    hostile: (n) => exchange({ ...frameOf(n, {}), payload: Buffer.alloc(50_000, 0x13) }),
    wrong_credentials: (n) => exchange(frameOf(n, ticket(n), REGISTER.token + 1)),
    clock_ahead: (n) => exchange(frameOf(n, ticket(n, new Date(clock.now().getTime() + 2 * DAY_MS)))),
    too_old: (n) => exchange(frameOf(n, ticket(n, new Date(clock.now().getTime() - 800 * DAY_MS)))),
    no_message: (n) => exchange(frameOf(n, {})),
  };

  return {
    accepted: 'ok',
    refusals: {
      truncated: null,
      hostile: 'protocol_error',
      wrong_credentials: 'invalid_token',
      clock_ahead: 'incorrect_request_data',
      too_old: 'incorrect_request_data',
      no_message: 'unknown_command',
    },
    conflict: 'invalid_retry',
    late: 'invalid_token',
    later: 'temporarily_unavailable',
    send,
    sendOther: (n) => exchange(frameOf(n, ticket(n, clock.now(), 999))),
    sendAndLeave: async (n) => {
      tokens.set(n, newest);
      const socket = connect(ofd.address.port, ofd.address.host);
      await once(socket, 'connect');
      socket.write(encodeFrame(frameOf(n, ticket(n))), () => socket.resetAndDestroy());
      await once(socket, 'close');
    },
    sendFaulty: (n, fault) => FAULTY[fault](n),
    effects: async (n) => {
      const { rowCount } = await db.query('select from code_history where cis = $1', [marks[n]]);
      return rowCount ?? 0;
    },
    withoutStore: (work) => withoutDatabase(database.name, work),
    stop: () => ofd.stop(),
  };
});

async function withoutDatabase<T>(name: string, work: () => Promise<T>): Promise<T> {
  return await withClient(await serverUrl(), async (client) => {
    await client.query(`alter database ${name} with allow_connections false`);
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    try {
      return await work();
    } finally {
      await client.query(`alter database ${name} with allow_connections true`);
    }
  });
}
