import { TanbaError } from '../../core/errors.ts';

/** What a participant can be told of. */
const TOPICS = ['order.ready', 'order.rejected', 'document.accepted', 'document.rejected', 'receipts.accepted'];
const GROUPS = [...new Set(TOPICS.map((topic) => topic.replace(/\.[^.]+$/, '.*')))];

/** The topics, and those whose last part is "*". */
export const WEBHOOK_TOPICS: readonly string[] = [...TOPICS, ...GROUPS, '*'];

export function checkTopics(topics: readonly string[]): void {
  const unknown = topics.findIndex((topic) => !WEBHOOK_TOPICS.includes(topic));
  if (unknown === -1) return;
  const details = { topic: topics[unknown] ?? '', allowed: WEBHOOK_TOPICS.join(', ') };
  throw new TanbaError('webhooks.topic_unknown', { path: `/topics/${unknown}`, details });
}
