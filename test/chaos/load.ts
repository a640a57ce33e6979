import { setTimeout as delay } from 'node:timers/promises';
import type { HubClient } from '../support/hub.ts';
import { demoReceipt } from '../support/receipts.ts';
import type { History } from './history.ts';
import type { Stage } from './stage.ts';

/** Requests that go on whatever happens to the hub: each is repeated until it has an answer. */
export interface Load {
  /** No new ones; resolves when those under way have their answers. */
  stop(): Promise<void>;
}

interface Request {
  readonly path: string;
  readonly as: 'ofd' | 'manufacturer';
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
  /** Reads what was promised. */
  heard(answer: { readonly status: number; readonly body: unknown; readonly headers: Headers }): void;
}

/** To be repeated as it is: nobody knows, or the hub asks for it. */
const AGAIN = new Set([408, 425, 429, 503]);
const ANSWER_MS = 8_000;
const REST_MS = 100;
const LOOPS = { receipts: 3, documents: 1, acknowledgements: 1 };
const PAUSE_MS = 25;

export function startLoad(stage: Stage, history: History, partnerIds: PartnerIds, run: string): Load {
  let stopping = false;
  let number = 0;
  const hub = stage.hub();

  async function repeat(make: (number: number) => Request | null): Promise<void> {
    while (!stopping) {
      const request = make(++number);
      if (request !== null) await untilAnswered(hub, request, history);
      await delay(PAUSE_MS);
    }
  }

  const loops = [
    ...Array.from({ length: LOOPS.receipts }, () => repeat((next) => receipt(hub, `${run}-${next}`, history))),
    ...Array.from({ length: LOOPS.documents }, () => repeat((next) => document(`${run}-${next}`, history))),
    ...Array.from({ length: LOOPS.acknowledgements }, () => repeat(() => acknowledgement(stage, partnerIds, history))),
  ];
  return {
    stop: async () => {
      stopping = true;
      await Promise.all(loops);
    },
  };
}

export interface PartnerIds {
  readonly ofd: string;
  readonly manufacturer: string;
}

async function untilAnswered(hub: HubClient, request: Request, history: History): Promise<void> {
  const { path, as, body, headers } = request;
  for (;;) {
    try {
      const answer = await hub.call('POST', path, { as, body, headers, signal: AbortSignal.timeout(ANSWER_MS) });
      if (!AGAIN.has(answer.status)) {
        if (answer.status >= 300) history.oddAnswers.push(`${answer.status} ${path} ${answer.text.slice(0, 300)}`);
        else request.heard(answer);
        return;
      }
    } catch {
      // Silence: nobody knows whether it was done.
    }
    await delay(REST_MS);
  }
}

function receipt(hub: HubClient, fiscalSign: string, { receipts }: History): Request {
  // A code that was never issued: the receipt is a fact all the same, and is told to whoever wants to know.
  const body = demoReceipt(hub, [`0104870000100019215${fiscalSign.replaceAll('-', '').padStart(12, '0').slice(-12)}`], {
    fiscalSign,
  });
  return {
    path: '/api/v1/receipts',
    as: 'ofd',
    body,
    headers: {},
    heard: ({ body: answer }) => {
      receipts.add(textIn(answer, 'receiptId'));
    },
  };
}

function document(key: string, { documents }: History): Request {
  const body = {
    kind: 'utilisation',
    body: { codes: ['010487000010001921NEVER00000001'], productionDate: '2026-01-10' },
  };
  return {
    path: '/api/v1/documents',
    as: 'manufacturer',
    body,
    headers: { 'idempotency-key': key },
    heard: ({ body: answer }) => {
      const ids = documents.get(key) ?? new Set();
      documents.set(key, ids.add(textIn(answer, 'documentId')));
    },
  };
}

/** A partner acknowledges what it got, each message twice. */
function acknowledgement(stage: Stage, { ofd }: PartnerIds, { inbound }: History): Request | null {
  const got = stage.partner.received.findLast(({ path }) => path === '/ofd');
  if (got === undefined) return null;
  const id = `ack-${got.id}`;
  return {
    path: `/api/v1/exchange/inbox/${ofd}`,
    as: 'ofd',
    body: { kind: 'acknowledgement', messages: [{ messageId: got.id }] },
    headers: { 'message-id': id },
    heard: ({ body: answer }) => {
      const answers = inbound.get(id) ?? new Set();
      inbound.set(id, answers.add(JSON.stringify(answer)));
    },
  };
}

function textIn(answer: unknown, name: string): string {
  if (typeof answer === 'object' && answer !== null && name in answer) {
    const value: unknown = Reflect.get(answer, name);
    if (typeof value === 'string') return value;
  }
  throw new TypeError(`the answer has no ${name}`);
}
