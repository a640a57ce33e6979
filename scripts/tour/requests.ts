import type { Demo, Participant } from './demo.ts';
import { cisOf, fiscalSign, GS } from './goods.ts';
import type { Answer, Hub } from './hub.ts';

/** Documents and codes are answered with their final state, not with a promise. */
export const WAIT = { Prefer: 'wait=30' } as const;
/** 32,500 tenge in tiyn. */
export const PRICE = 3_250_000;

const ACCEPTED = { status: 'accepted', errorCount: 0, errors: [] } as const;
const DOCUMENT = ['documentId', 'kind', 'status', 'codeCount', 'errors'] as const;

type Submit = (says: string, kind: string, body: object, answer: object) => Promise<Answer>;

/** Sends documents that have to be accepted. */
export function submitter(hub: Hub, as: Participant): Submit {
  return (says, kind, body, answer) =>
    hub.send({
      says,
      as,
      method: 'POST',
      path: '/api/v1/documents',
      body: { kind, body },
      headers: WAIT,
      status: 200,
      answer: { ...ACCEPTED, ...answer },
      show: DOCUMENT,
    });
}

const REJECTED = ['kind', 'status', 'errors'] as const;

type Reject = (
  says: string,
  as: Participant,
  kind: string,
  body: object,
  errors: readonly object[],
  language?: string,
) => Promise<Answer>;

/** Sends documents that have to be rejected for these reasons. */
export function rejecter(hub: Hub): Reject {
  return (says, as, kind, body, errors, language = 'en') =>
    hub.send({
      says,
      as,
      method: 'POST',
      path: '/api/v1/documents',
      body: { kind, body },
      headers: { ...WAIT, 'Accept-Language': language },
      status: 200,
      answer: { status: 'rejected', errors },
      show: REJECTED,
    });
}

const CHECK = ['verdict', 'message', 'tradeName', 'manufacturer', 'productionDate'] as const;

type CheckCode = (
  says: string,
  code: string,
  language: string,
  answer: object,
  show?: readonly string[],
) => Promise<Answer>;

export function checker(hub: Hub): CheckCode {
  return (says, code, language, answer, show = CHECK) =>
    hub.send({
      says,
      as: null,
      method: 'POST',
      path: '/api/public/check',
      body: { code },
      headers: { 'Accept-Language': language },
      status: 200,
      answer,
      show,
    });
}

interface Receipt {
  readonly registerId: string;
  readonly fiscalSign: string;
  readonly bin: string;
  readonly at: string;
  readonly operation: 'sale' | 'sale_return';
  readonly items: readonly object[];
}

export function receiptOf(demo: Demo, operation: Receipt['operation'], unit: string, now: Date): Receipt {
  return {
    registerId: 'KKM-0001',
    fiscalSign: fiscalSign(),
    bin: demo.who('retailer').bin,
    at: now.toISOString(),
    operation,
    items: [{ marks: [unit], quantity: 1, price: PRICE, sum: PRICE }],
  };
}

export function orderOf(gtin: string, quantity: number): object {
  const product = { gtin, quantity, serialNumberType: 'OPERATOR', cisType: 'UNIT' };
  return { productGroup: 'shoes', products: [product], releaseMethodType: 'PRIMARY' };
}

export function codePath(code: string): string {
  return `/api/v1/codes/${encodeURIComponent(cisOf(`${code}${GS}`))}`;
}

const KAZAKHSTAN_OFFSET_MS = 5 * 3_600_000;
const DAY_MS = 86_400_000;

/** A day in Kazakhstan, counted from today. */
export function day(now: Date, offset: number): string {
  return new Date(now.getTime() + KAZAKHSTAN_OFFSET_MS + offset * DAY_MS).toISOString().slice(0, 10);
}
