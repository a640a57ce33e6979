import type { KeyObject } from 'node:crypto';
import { BlockListError } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type Filter, openFilter } from './golomb.ts';
import {
  type BlockListFile,
  CIS_MAX,
  FINGERPRINT_BYTES,
  type GroupPolicies,
  type ListHeader,
  type ListSections,
  type Policy,
  readBlockListFile,
} from './list-format.ts';

export type Verdict = 'clear' | 'suspected' | 'blocked' | 'locked';
export type Action = 'sell' | 'warn' | 'refuse';

/**
 * What a till does:
 *
 * - `clear`: the code was not blocked when the list was issued. Sell.
 * - `suspected`: the filter or a delta has it. A filter has codes of others too, one in half a million: an honest seller
 *   must not be refused for that. Warn, and ask the hub where it can be reached.
 * - `blocked`: an order of an authority names this very code, letter by letter. Refuse.
 * - `locked`: the list is too old, or the clock is wrong. It answers for no code, whatever stands in it: an order may have
 *   been lifted since. Goods of an open group are sold with a warning, those of a closed group are not sold.
 */
const ACTIONS: Readonly<Record<Verdict, Readonly<Record<Policy, Action>>>> = {
  clear: { open: 'sell', closed: 'sell' },
  suspected: { open: 'warn', closed: 'warn' },
  blocked: { open: 'refuse', closed: 'refuse' },
  locked: { open: 'warn', closed: 'refuse' },
};

/** So far behind the time of the list, a till's clock is taken for slow, and beyond for set back. */
const CLOCK_SLACK_MS = 10 * 60_000;
/** A delta every five minutes for 72 hours. */
const DELTAS_MAX = 864;

export interface BlockListSource {
  readonly base: Buffer;
  /** In the order of their sequence. */
  readonly deltas: readonly Buffer[];
  /** Ed25519, by key id. */
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
  /** From here on the time does not go back: a till is not unlocked by its clock. */
  readonly now: Date;
}

export interface BlockListAnswer {
  readonly verdict: Verdict;
  readonly action: Action;
}

export interface BlockList {
  /** Of the newest file. */
  readonly sequence: number;
  readonly issuedAt: Date;
  readonly validUntil: Date;
  /** @param productGroup null where the till does not know it */
  ask(cis: string, productGroup: string | null, now: Date): BlockListAnswer;
}

/** Reads a base and the deltas after it; throws a BlockListError where one of them is not to be used. */
export function openBlockList({ base, deltas, publicKeys, now }: BlockListSource): BlockList {
  if (deltas.length > DELTAS_MAX) throw new BlockListError('too_large', `${deltas.length} deltas`);
  const first = readBlockListFile(base, publicKeys);
  if (first.header.kind !== 'base') throw new BlockListError('inconsistent', 'a delta in place of the base');
  const { sections } = first;
  const filter = openFilter(sections.first, sections.firstCount, first.header.riceBits);
  let newest = first.header;
  const layers: Layer[] = [layerOf(sections, (fingerprint) => (filter.has(fingerprint) ? 'suspected' : 'clear'))];
  for (const delta of deltas) {
    const file = readBlockListFile(delta, publicKeys);
    assertFollows(newest, file.header);
    layers.push(deltaLayer(file));
    newest = file.header;
  }
  layers.reverse();
  const { sequence, issuedAt, validUntil, policies } = newest;
  const notBefore = Math.max(issuedAt.getTime(), now.getTime()) - CLOCK_SLACK_MS;
  const verdictOf = (cis: string, at: number): Verdict =>
    at > validUntil.getTime() || !(at >= notBefore) ? 'locked' : judge(layers, cis);
  return {
    sequence,
    issuedAt,
    validUntil,
    ask: (cis, productGroup, at) => {
      const verdict = verdictOf(cis, at.getTime());
      return { verdict, action: ACTIONS[verdict][policyFor(policies, productGroup)] };
    },
  };
}

function assertFollows(before: ListHeader, delta: ListHeader): void {
  if (delta.kind !== 'delta') throw new BlockListError('inconsistent', 'a base in place of a delta');
  if (delta.previous !== before.sequence) {
    throw new BlockListError(
      'inconsistent',
      `the delta ${delta.sequence} goes on from ${delta.previous}, not from ${before.sequence}`,
    );
  }
  if (delta.issuedAt < before.issuedAt) {
    throw new BlockListError('inconsistent', `the delta ${delta.sequence} is older than what it goes on from`);
  }
}

function policyFor({ byGroup, otherwise }: GroupPolicies, productGroup: string | null): Policy {
  return (productGroup === null ? undefined : byGroup.get(productGroup)) ?? otherwise;
}

/** One file: what it says of a code, or nothing. */
type Layer = (cis: string, fingerprint: bigint) => Verdict | undefined;

/** An order stands until a newer file takes the code away, and so does a suspicion; a suspicion never replaces an order. */
function judge(newestFirst: readonly Layer[], cis: string): Verdict {
  const fingerprint = fingerprintOf(cis);
  let found: Verdict = 'clear';
  for (const layer of newestFirst) {
    const verdict = layer(cis, fingerprint);
    if (verdict === 'blocked') return verdict;
    if (verdict === 'clear') break;
    found = verdict ?? found;
  }
  return found;
}

/** An order comes before the fingerprint of the same file: its code is in both. */
function layerOf(sections: ListSections, otherwise: (fingerprint: bigint) => Verdict | undefined): Layer {
  const orders = readOrders(sections);
  return (cis, fingerprint) => (orders.has(cis) ? 'blocked' : otherwise(fingerprint));
}

function deltaLayer({ sections }: BlockListFile): Layer {
  const added = openSorted(sections.first);
  const removed = openSorted(sections.second);
  return layerOf(sections, (fingerprint) => {
    if (added.has(fingerprint)) return 'suspected';
    return removed.has(fingerprint) ? 'clear' : undefined;
  });
}

function readOrders({ orders, ordersCount }: ListSections): ReadonlySet<string> {
  const lines = orders.toString('latin1').split('\n');
  const rest = lines.pop();
  const inOrder = lines.every(
    (cis, at) => cis.length > 0 && cis.length <= CIS_MAX && (at === 0 || (lines[at - 1] ?? '') < cis),
  );
  if (rest !== '' || lines.length !== ordersCount || !inOrder) {
    throw new BlockListError('inconsistent', 'the codes named by orders');
  }
  return new Set(lines);
}

/** Fingerprints in ascending order, looked up in the bytes of the file. */
function openSorted(section: Buffer): Filter {
  const count = section.length / FINGERPRINT_BYTES;
  const valueAt = (at: number): bigint => section.readBigUInt64BE(at * FINGERPRINT_BYTES);
  for (let at = 1; at < count; at += 1) {
    if (valueAt(at - 1) >= valueAt(at)) throw new BlockListError('inconsistent', 'fingerprints out of order');
  }
  return {
    has: (fingerprint) => {
      let low = 0;
      let high = count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (valueAt(middle) < fingerprint) low = middle + 1;
        else high = middle;
      }
      return low < count && valueAt(low) === fingerprint;
    },
  };
}
