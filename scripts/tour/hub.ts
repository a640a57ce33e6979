import { isDeepStrictEqual } from 'node:util';
import type { Participant } from './demo.ts';
import type { Teller } from './teller.ts';
import { maskedKey } from './teller.ts';

export interface Request {
  /** One sentence for the newcomer: what happens here, and why. */
  readonly says: string;
  /** Null: a citizen, without a key. */
  readonly as: Participant | null;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** What the answer must hold; lists must be as long as here. */
  readonly answer: Shape;
  /** The fields to show, where all would be too many. */
  readonly show?: readonly string[];
}

/** A part of a JSON answer: values are compared, functions asked. */
export type Shape = unknown;

/** The answer is not what the story says. */
export class WrongAnswer extends Error {}

/** Sends the story's requests to the hub, tells them, and holds each answer against the story. */
export interface Hub {
  send(request: Request): Promise<Answer>;
  readonly requests: number;
}

const TIMEOUT_MS = 60_000;

export function createHub(baseUrl: string, teller: Teller): Hub {
  let requests = 0;

  async function send(request: Request): Promise<Answer> {
    const { as, method, path, query, body, headers, says } = request;
    const target = query === undefined ? path : `${path}?${new URLSearchParams(query).toString()}`;
    teller.say(says);
    teller.request(as === null ? 'anybody' : `${as.role} ${maskedKey(as.apiKey)}`, method, target, body);
    const response = await fetch(`${baseUrl}${target}`, {
      method,
      headers: {
        ...(as === null ? {} : { Authorization: `Bearer ${as.apiKey}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        'Accept-Language': 'en',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    requests += 1;
    const answer: unknown = await response.json();
    teller.answer(response.status, answer, request.show);
    check(request, response.status, answer);
    await teller.breath();
    return new Answer(answer);
  }

  return {
    send,
    get requests() {
      return requests;
    },
  };
}

function check(request: Request, status: number, answer: unknown): void {
  const wrong = status === request.status ? difference(request.answer, answer, '') : `the status is ${status}`;
  if (wrong === undefined) return;
  const { method, path } = request;
  throw new WrongAnswer(
    `${method} ${path}: ${wrong}; the story says ${request.status} and ${describe(request.answer)}.\n` +
      `The whole answer: ${JSON.stringify(answer)}`,
  );
}

/** Where `answer` does not hold what `shape` asks for. */
function difference(shape: Shape, answer: unknown, path: string): string | undefined {
  const here = path === '' ? 'the answer' : path;
  if (typeof shape === 'function') return shape(answer) === true ? undefined : `${here} is ${JSON.stringify(answer)}`;
  if (typeof shape !== 'object' || shape === null) {
    return isDeepStrictEqual(shape, answer) ? undefined : `${here} is ${JSON.stringify(answer)}`;
  }
  if (typeof answer !== 'object' || answer === null) return `${here} is ${JSON.stringify(answer)}`;
  if (Array.isArray(shape) && (!Array.isArray(answer) || answer.length !== shape.length)) {
    return `${here} is no list of ${shape.length}`;
  }
  const values = new Map<string, unknown>(Object.entries(answer));
  for (const [name, inner] of Object.entries(shape)) {
    const wrong = difference(inner, values.get(name), `${path}/${name}`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function describe(shape: Shape): string {
  return JSON.stringify(shape, (_name, value: unknown) => (typeof value === 'function' ? 'a condition' : value)) ?? '';
}

/** A JSON answer, read without trusting it. */
export class Answer {
  readonly body: unknown;

  constructor(body: unknown) {
    this.body = body;
  }

  text(name: string): string {
    const value = this.field(name);
    if (typeof value !== 'string') throw new WrongAnswer(`${name} of ${JSON.stringify(this.body)} is no text`);
    return value;
  }

  texts(name: string): readonly string[] {
    return this.list(name).map(({ body }) => String(body));
  }

  textOrNull(name: string): string | null {
    return this.field(name) === null ? null : this.text(name);
  }

  list(name: string): readonly Answer[] {
    const value = this.field(name);
    if (!Array.isArray(value)) throw new WrongAnswer(`${name} of ${JSON.stringify(this.body)} is no list`);
    return value.map((one: unknown) => new Answer(one));
  }

  private field(name: string): unknown {
    return typeof this.body === 'object' && this.body !== null
      ? new Map<string, unknown>(Object.entries(this.body)).get(name)
      : undefined;
  }
}
