import type { PolicyChanges } from './policy/policy.ts';

/** An outside party to which messages go or from which they come. */
export interface Partner {
  readonly partnerId: string;
  /** The name of the adapter that talks to it. */
  readonly adapter: string;
  /** The participant whose system it is; null: the operator's own, which gets messages about everybody. */
  readonly bin: string | null;
  readonly name: string;
  /** `document.accepted`, or `document.*`, or `*`. */
  readonly topics: readonly string[];
  /** Of the adapter's schema. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What differs from the adapter's policy. */
  readonly policy: PolicyChanges;
  readonly switchedOff: boolean;
}

/** Whether a partner takes messages of this topic. */
export function takes(topics: readonly string[], topic: string): boolean {
  return topics.some((wanted) => (wanted.endsWith('*') ? topic.startsWith(wanted.slice(0, -1)) : wanted === topic));
}
