import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import Type, { type Static } from 'typebox';
import { Check, Parse } from 'typebox/value';
import type { AdapterContext, AdapterModule, OpenAdapter } from '../../../src/adapters/contract.ts';
import type { Adapter, AttemptResult, Dispatch } from '../../../src/exchange/adapter.ts';

// Of the hub only types are imported: whatever an adapter needs at work it gets with its context.

const closed = { additionalProperties: false };
const PORTS = { minimum: 0, maximum: 65_535 };
const Settings = Type.Object(
  {
    port: Type.Integer({ ...PORTS, default: 7_400, description: 'Where boards connect to; 0: any free port.' }),
    token: Type.Optional(
      Type.String({
        minLength: 16,
        writeOnly: true,
        description: 'What boards prove themselves by. Without it: no door.',
      }),
    ),
  },
  closed,
);
/** Of each partner. */
const Board = Type.Object({ host: Type.String({ minLength: 1 }), port: Type.Integer(PORTS) }, closed);
/** One line of a board. */
const Posted = Type.Object(
  {
    board: Type.String({ maxLength: 63 }),
    token: Type.String({ maxLength: 200 }),
    id: Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' }),
    posted: Type.Array(Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }), { maxItems: 1_000 }),
  },
  closed,
);

export const adapter: AdapterModule = {
  name: 'bulletin',
  summary: 'Hands messages to electronic notice boards, a line of JSON each over TCP.',
  capabilities: ['delivers', 'receives'],
  settings: Settings,
  receives: [{ kind: 'posted', summary: 'A board says that it shows these messages.' }],
  delivers: [{ kind: 'notice', summary: 'Any message of the hub, with its id and topic.' }],
  open: async (context) => openBulletin(context, Parse(Settings, context.settings)),
};

function openBulletin(context: AdapterContext, { port, token }: Static<typeof Settings>): OpenAdapter {
  const sockets = new Set<Socket>();
  const working = new Set<Promise<unknown>>();
  let stopping = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setTimeout(60_000, () => socket.destroy());
    converse(socket)
      .catch((error: unknown) => context.log.info({ err: error }, 'a board broke off'))
      .finally(() => sockets.delete(socket.destroy()));
  });
  server.maxConnections = 64;

  async function converse(socket: Socket): Promise<void> {
    for await (const line of linesOf(socket)) {
      if (stopping) return;
      const work = answerTo(context, token ?? '', line).then((answer) => socket.write(`${answer}\n`));
      working.add(work);
      await work.finally(() => working.delete(work));
    }
  }

  return {
    delivery,
    health: async () => {
      const details = { listening: server.listening, port: boundPort(server.address()), boards: sockets.size };
      if (token === undefined) return { state: 'degraded', finding: 'Without a token no board can answer.', details };
      if (context.listens && !server.listening) return { state: 'bad', finding: 'The door is shut.', details };
      return { state: 'good', finding: 'Boards can connect.', details };
    },
    start: async () => {
      if (token === undefined) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    stop: async () => {
      stopping = true;
      server.close();
      await Promise.allSettled(working);
      for (const socket of sockets) socket.destroySoon();
    },
  };
}

/** The inbox remembers it: the same line again gets the same answer and has no second effect. */
async function answerTo({ partners, partnerDoor, log }: AdapterContext, token: string, line: string): Promise<string> {
  try {
    const said: unknown = JSON.parse(line);
    if (!Check(Posted, said) || !isSame(said.token, token)) return 'no';
    if (partners.find(said.board) === undefined) await partners.refresh();
    if (partners.find(said.board)?.partner.adapter !== 'bulletin') return 'no';
    const messages = said.posted.map((messageId) => ({ messageId }));
    const word = { kind: 'acknowledgement', messages } as const;
    const trace = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
    const letter = { partnerId: said.board, partnerMessageId: said.id, word, body: Buffer.from(line), trace };
    // The token has proved that it may speak for the board.
    const { answer } = await partnerDoor.receive(letter, { bin: '', isOperator: true });
    return `ok ${said.id} ${JSON.stringify(answer)}`;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'exchange.inbox_conflict') return 'no';
    log.warn({ err: error }, 'a line of a board could not be taken');
    return 'later';
  }
}

const delivery: Adapter = {
  name: 'bulletin',
  settings: Board,
  policy: { acknowledgement: 'message', order: 'object', timeoutSeconds: 5 },
  deliver,
  render: (dispatch) => Buffer.from(lineOf(dispatch)),
  explainReach: async (partner, signal) => {
    const { host, port } = Parse(Board, partner.settings);
    const socket = connect({ host, port, signal });
    const problem = await once(socket, 'connect').then(() => null, codeOf);
    socket.destroy();
    const finding = problem === null ? 'The board takes connections.' : 'Nobody answers at the address of the board.';
    return [{ step: 'tcp', outcome: problem === null ? 'good' : 'bad', finding, details: { host, port } }];
  },
  close: async () => undefined,
};

async function deliver(dispatch: Dispatch, signal: AbortSignal): Promise<AttemptResult> {
  const { host, port } = Parse(Board, dispatch.partner.settings);
  const line = lineOf(dispatch);
  const sent = { host, port, bytes: Buffer.byteLength(line) };
  const socket = connect({ host, port, signal });
  socket.on('error', () => undefined);
  let written = false;
  try {
    await once(socket, 'connect');
    written = true;
    socket.write(line);
    for await (const answer of linesOf(socket)) {
      if (answer === `taken ${dispatch.messageId}`)
        return { outcome: 'delivered', code: 'taken', sent, answer: { answer } };
      return { outcome: 'rejected', code: 'refused', sent, answer: { answer: answer.slice(0, 200) } };
    }
    return { outcome: 'uncertain', code: 'closed', sent, answer: null };
  } catch (error) {
    // Once something was written nobody knows whether it arrived: the same line goes again, under the same id.
    return { outcome: written ? 'uncertain' : 'failed', code: codeOf(error), sent, answer: null };
  } finally {
    socket.destroy();
  }
}

function lineOf({ messageId, topic, body }: Dispatch): string {
  return `${JSON.stringify({ id: messageId, topic, body: JSON.parse(body.toString()) })}\n`;
}

const LINE_MAX = 100_000;

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let rest = '';
  socket.setEncoding('utf8');
  for await (const part of socket) {
    const lines = `${rest}${part}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > LINE_MAX) throw new Error('a line is too long');
  }
}

function isSame(given: string, token: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(token)];
  return token !== '' && left.length === right.length && timingSafeEqual(left, right);
}

function boundPort(address: ReturnType<ReturnType<typeof createServer>['address']>): number | null {
  return typeof address === 'object' && address !== null ? address.port : null;
}

/** Short and stable, for operators and metrics. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'AbortError') return 'timeout';
  return 'code' in error ? String(error.code).toLowerCase() : 'error';
}
