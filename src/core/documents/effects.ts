import type { Transaction } from '../../store/database.ts';
import { aggregate } from '../aggregation/aggregate.ts';
import { disaggregate } from '../aggregation/disaggregate.ts';
import { packMore } from '../aggregation/pack-more.ts';
import { cisOfSscc } from '../aggregation/sscc.ts';
import { block } from '../blocks/block.ts';
import { release } from '../blocks/release.ts';
import { holdAtCustoms, releaseFromCustoms } from '../customs/customs-control.ts';
import type { StagedChange } from '../lifecycle/change-staged.ts';
import { changeStaged } from '../lifecycle/change-staged.ts';
import type { LineProblem } from '../lifecycle/line-problem.ts';
import { addPackageContent } from '../lifecycle/staging.ts';
import { remark, returnGoods } from '../remarking/remark.ts';
import type { Decision } from '../transfers/decide.ts';
import { decide } from '../transfers/decide.ts';
import { ship } from '../transfers/ship.ts';
import { EVENT_OF_KIND } from './kind-events.ts';
import { textOf } from './kinds/form.ts';
import type { DocumentHeader, DocumentKind } from './kinds.ts';

/** What an effect is told besides the header; `expected` 0: the document lists no codes. */
export interface EffectContext extends Omit<StagedChange, 'event' | 'reason'> {
  /** Whether every code that the document lists could be read: else their places say nothing. */
  readonly complete: boolean;
  /** W3C traceparent of the request that brought the document. */
  readonly trace: string | null;
}

type Effect = (tx: Transaction, header: DocumentHeader, change: EffectContext) => Promise<LineProblem[]>;

/** What each kind of document does to the staged codes, in the document's transaction. */
export const EFFECTS: Readonly<Record<DocumentKind, Effect>> = {
  utilisation: onEachCode('utilisation'),
  introduction: introduce,
  correction: onEachCode('correction'),
  aggregation: (tx, header, change) => aggregate(tx, ssccOf(header), { ...change, event: 'packed', reason: null }),
  reaggregation: (tx, header, change) => packMore(tx, ssccOf(header), { ...change, event: 'packed', reason: null }),
  removal: onEachCode('removal'),
  disaggregation: (tx, header, change) =>
    disaggregate(tx, ssccOf(header), { ...change, event: 'disaggregated', reason: null }),
  withdrawal: onEachCode('withdrawal'),
  // Returned goods are in circulation again: the reason of their withdrawal is history.
  return: (tx, _header, change) => returnGoods(tx, { ...change, event: 'returned', reason: null }),
  write_off: onEachCode('write_off'),
  remarking: (tx, header, change) =>
    remark(tx, { replaces: textsOf(header, 'replaces'), complete: change.complete }, change),
  shipment: (tx, header, change) => {
    const shipment = { receiver: required(header, 'receiver'), number: required(header, 'number') };
    return ship(tx, { ...shipment, trace: change.trace }, change);
  },
  acceptance: decided('accepted'),
  refusal: decided('refused'),
  shipment_cancellation: decided('shipment_cancelled'),
  blocking: (tx, _header, change) => block(tx, change),
  release: (tx, header, change) =>
    release(tx, { blockingId: required(header, 'blockingId'), listed: change.expected > 0 }, change),
  customs_control: (tx, _header, change) => holdAtCustoms(tx, change),
  customs_release: (tx, header, change) => releaseFromCustoms(tx, header['introduce'] === true, change),
};

function onEachCode(kind: DocumentKind): Effect {
  const event = EVENT_OF_KIND[kind];
  return (tx, header, change) => changeStaged(tx, { ...change, event, reason: textOf(header, 'reason') });
}

function decided(event: Decision['event']): Effect {
  return (tx, header, change) => {
    const shipmentId = required(header, 'shipmentId');
    return decide(tx, { shipmentId, event, listed: change.expected > 0, trace: change.trace }, change);
  };
}

/** A package is introduced with everything in it: a report on it equals one on each unit inside (order 44-н/қ, p.50). */
async function introduce(tx: Transaction, _header: DocumentHeader, change: EffectContext): Promise<LineProblem[]> {
  const expected = change.expected + (await addPackageContent(tx, 'in_circulation'));
  return changeStaged(tx, { ...change, expected, event: 'introduced', reason: null });
}

function ssccOf(header: DocumentHeader): string {
  const cis = cisOfSscc(required(header, 'sscc'));
  if (cis === undefined) throw new TypeError('a checked header has its sscc');
  return cis;
}

function required(header: DocumentHeader, name: string): string {
  const value = textOf(header, name);
  if (value === null) throw new TypeError(`a checked header has its ${name}`);
  return value;
}

function textsOf(header: DocumentHeader, name: string): readonly string[] {
  const values = header[name];
  return Array.isArray(values) ? values.filter((value): value is string => typeof value === 'string') : [];
}
