import { TanbaError } from '../../core/errors.ts';
import type { MessageKind } from '../contract.ts';

/** What a participant can be told of. */
export const WEBHOOK_KINDS: readonly MessageKind[] = [
  { kind: 'order.ready', summary: 'Codes of an order can be fetched.' },
  { kind: 'order.rejected', summary: 'The codes of an order will not come.' },
  { kind: 'codes.annulled', summary: 'Codes of an order were not used in time and have been written off.' },
  { kind: 'document.accepted', summary: 'A document has been applied.' },
  { kind: 'document.rejected', summary: 'A document was refused, or has failed.' },
  { kind: 'transfer.shipped', summary: 'Goods have been shipped to the participant and await acceptance.' },
  { kind: 'transfer.accepted', summary: 'The receiver has accepted goods of a shipment.' },
  { kind: 'transfer.refused', summary: 'The receiver has refused goods of a shipment.' },
  { kind: 'transfer.cancelled', summary: 'The sender has taken back what was left of a shipment.' },
  { kind: 'transfer.overdue', summary: 'The time to accept a shipment is over; its sender and its receiver are told.' },
  { kind: 'receipts.accepted', summary: 'Receipts of a sender have had their effect.' },
  { kind: 'receipts.anomalies', summary: 'Something was wrong about goods that one owns or has sold.' },
];

const TOPICS = WEBHOOK_KINDS.map(({ kind }) => kind);
const GROUPS = [...new Set(TOPICS.map((topic) => topic.replace(/\.[^.]+$/, '.*')))];

/** The topics, and those whose last part is "*". */
export const WEBHOOK_TOPICS: readonly string[] = [...TOPICS, ...GROUPS, '*'];

export function checkTopics(topics: readonly string[]): void {
  const unknown = topics.findIndex((topic) => !WEBHOOK_TOPICS.includes(topic));
  if (unknown === -1) return;
  const details = { topic: topics[unknown] ?? '', allowed: WEBHOOK_TOPICS.join(', ') };
  throw new TanbaError('webhooks.topic_unknown', { path: `/topics/${unknown}`, details });
}
