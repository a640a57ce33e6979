import assert from 'node:assert/strict';
import type { CodeEvent, CodeHold, CodeStatus } from '../../src/core/lifecycle/transitions.ts';
import { isTerminal, PACKAGE_LEVELS_MAX, TRANSITIONS } from '../../src/core/lifecycle/transitions.ts';
import { decide as decideReceipt } from '../../src/core/receipts/decision-table.ts';

/**
 * The whole of circulation, slow and obvious: every unit knows its own owner and delivery, so that a step of a package is
 * a step of each thing in it. The store does the same with one row; a test compares the two.
 */
export interface Thing {
  readonly cis: string;
  readonly isPackage: boolean;
  status: CodeStatus;
  owner: string;
  parent: Thing | null;
  /** The shipment that it is under way with. */
  shipment: Shipment | null;
  reason: string | null;
}

export interface Shipment {
  readonly id: string;
  readonly sender: string;
  readonly receiver: string;
  readonly lines: Map<string, 'awaiting' | 'accepted' | 'refused' | 'cancelled' | 'gone'>;
  status: string;
}

/** `cis code` of each thing wrong, sorted; empty: done. */
export type Refusal = readonly string[];
const DONE: Refusal = [];

interface Wanted {
  readonly event: CodeEvent;
  /** Null: anybody's. */
  readonly owner: string | null;
}

export class World {
  readonly things = new Map<string, Thing>();
  readonly shipments = new Map<string, Shipment>();
  /** What each blocking holds by name; what lies inside is blocked with it. */
  readonly blockings = new Map<string, Set<string>>();

  addUnit(cis: string, owner: string): void {
    this.things.set(cis, {
      cis,
      isPackage: false,
      status: 'in_circulation',
      owner,
      parent: null,
      shipment: null,
      reason: null,
    });
  }

  contentOf(thing: Thing): Thing[] {
    return [...this.things.values()].filter(({ parent }) => parent === thing);
  }

  /** The thing and everything in it. */
  whole(thing: Thing): Thing[] {
    return [thing, ...this.contentOf(thing).flatMap((inside) => this.whole(inside))];
  }

  path(thing: Thing): Thing[] {
    return thing.parent === null ? [thing] : [thing, ...this.path(thing.parent)];
  }

  isBlocked(thing: Thing): boolean {
    return this.path(thing).some(({ cis }) => this.isNamedBlocked(cis));
  }

  isNamedBlocked(cis: string): boolean {
    return [...this.blockings.values()].some((named) => named.has(cis));
  }

  holdOf(thing: Thing): CodeHold {
    if (this.isBlocked(thing)) return 'blocked';
    return thing.shipment === null ? 'none' : 'awaiting_acceptance';
  }

  height(thing: Thing): number {
    return thing.isPackage ? 1 + Math.max(0, ...this.contentOf(thing).map((inside) => this.height(inside))) : 0;
  }

  pack(actor: string, box: string, cises: readonly string[]): Refusal {
    if (this.things.has(box)) return [`${box} aggregation.sscc_used`];
    const problems = this.unpackable(actor, box, cises);
    if (problems.length > 0) return problems;
    const inside = this.named(cises);
    if (Math.max(...inside.map((each) => this.height(each))) >= PACKAGE_LEVELS_MAX)
      return [`${box} aggregation.too_deep`];
    const status = inside.every((each) => each.status === 'in_circulation') ? 'in_circulation' : 'applied';
    const thing: Thing = {
      cis: box,
      isPackage: true,
      status,
      owner: actor,
      parent: null,
      shipment: null,
      reason: null,
    };
    this.things.set(box, thing);
    for (const each of inside) each.parent = thing;
    return DONE;
  }

  repack(actor: string, box: string, cises: readonly string[]): Refusal {
    const thing = this.things.get(box);
    if (thing === undefined) return [`${box} documents.code_not_found`];
    if (thing.owner !== actor) return [`${box} documents.not_owner`];
    if (this.holdOf(thing) !== 'none') return [`${box} documents.on_hold`];
    if (isTerminal(thing.status)) return [`${box} documents.wrong_status`];
    const around = this.path(thing);
    const circular = cises.filter((cis) => around.some((each) => each.cis === cis));
    if (circular.length > 0) return circular.map((cis) => `${cis} aggregation.into_itself`).sort();
    const problems = this.unpackable(actor, box, cises);
    if (problems.length > 0) return problems;
    const inside = this.named(cises);
    if (around.length - 1 + Math.max(...inside.map((each) => this.height(each))) >= PACKAGE_LEVELS_MAX)
      return [`${box} aggregation.too_deep`];
    const early = inside.filter((each) => each.status !== 'in_circulation');
    if (thing.status === 'in_circulation' && early.length > 0)
      return early.map(({ cis }) => `${cis} documents.wrong_status`).sort();
    for (const each of inside) each.parent = thing;
    return DONE;
  }

  remove(actor: string, cises: readonly string[]): Refusal {
    const problems = this.unfit(cises, { event: 'removed', owner: actor });
    if (problems.length === 0) this.takeOut(this.named(cises));
    return problems;
  }

  unpack(actor: string, box: string): Refusal {
    const thing = this.things.get(box);
    if (thing === undefined) return [`${box} documents.code_not_found`];
    if (thing.owner !== actor) return [`${box} documents.not_owner`];
    if (this.holdOf(thing) !== 'none') return [`${box} documents.on_hold`];
    if (isTerminal(thing.status)) return [`${box} documents.wrong_status`];
    for (const inside of this.contentOf(thing)) inside.parent = thing.parent;
    Object.assign(thing, { status: 'written_off', reason: 'DISAGGREGATED', parent: null });
    return DONE;
  }

  ship(actor: string, id: string, receiver: string, cises: readonly string[]): Refusal {
    const toOneself = receiver === actor ? [' transfers.to_oneself'] : [];
    const problems = this.unfit(cises, { event: 'shipped', owner: actor });
    if (problems.length > 0) return [...toOneself, ...problems].sort();
    const things = this.named(cises);
    // What is shipped beside its package is not in it any more.
    const empty = things.filter(
      (thing) => thing.isPackage && this.contentOf(thing).every((inside) => things.includes(inside)),
    );
    const wrong = [...toOneself, ...empty.map(({ cis }) => `${cis} aggregation.package_empty`)];
    if (wrong.length > 0) return wrong.sort();
    const shipment: Shipment = { id, sender: actor, receiver, lines: new Map(), status: 'awaiting_acceptance' };
    this.shipments.set(id, shipment);
    this.takeOut(things);
    for (const thing of things) {
      shipment.lines.set(thing.cis, 'awaiting');
      for (const each of this.whole(thing)) each.shipment = shipment;
    }
    return DONE;
  }

  decide(
    actor: string,
    event: 'accepted' | 'refused' | 'shipment_cancelled',
    id: string,
    listed: readonly string[] | null,
  ): Refusal {
    const shipment = this.shipments.get(id);
    const own = event === 'shipment_cancelled' ? shipment?.sender : shipment?.receiver;
    if (shipment === undefined || own !== actor) return [' transfers.not_found'];
    if (shipment.status !== 'awaiting_acceptance') return [' transfers.decided'];
    const waits = (cis: string) =>
      shipment.lines.get(cis) === 'awaiting' && this.things.get(cis)?.shipment === shipment;
    const strangers = (listed ?? []).filter((cis) => {
      const thing = this.things.get(cis);
      return thing === undefined || !waits(this.path(thing).at(-1)?.cis ?? '');
    });
    if (strangers.length > 0) return strangers.map((cis) => `${cis} transfers.not_in_shipment`).sort();
    const open = [...shipment.lines].filter(([, outcome]) => outcome === 'awaiting').map(([cis]) => cis);
    const gone = listed === null ? open.filter((cis) => !waits(cis)) : [];
    const cises = listed ?? open.filter(waits);
    const problems = this.unfit(cises, { event, owner: shipment.sender });
    if (problems.length > 0) return problems;
    for (const cis of gone) shipment.lines.set(cis, 'gone');
    const things = this.named(cises);
    this.takeOut(things);
    for (const thing of things) {
      shipment.lines.set(thing.cis, event === 'shipment_cancelled' ? 'cancelled' : event);
      for (const each of this.whole(thing)) {
        each.shipment = null;
        if (event === 'accepted') each.owner = shipment.receiver;
      }
    }
    shipment.status = this.statusOf(shipment, event);
    return DONE;
  }

  leave(
    actor: string,
    event: 'withdrawn' | 'returned' | 'written_off',
    cises: readonly string[],
    reason: string,
  ): Refusal {
    const problems = this.unfit(cises, { event, owner: actor });
    if (problems.length > 0) return problems;
    const { to } = TRANSITIONS[event];
    const things = this.named(cises);
    this.takeOut(things);
    for (const thing of things) {
      for (const each of this.whole(thing))
        Object.assign(each, { status: to, reason: to === 'in_circulation' ? null : reason });
    }
    return DONE;
  }

  block(id: string, cises: readonly string[]): Refusal {
    const problems = this.unfit(cises, { event: 'blocked', owner: null });
    if (problems.length === 0) this.blockings.set(id, new Set(cises));
    return problems;
  }

  release(id: string, listed: readonly string[] | null): Refusal {
    const named = this.blockings.get(id);
    if (named === undefined) return [' blocks.not_found'];
    if (listed === null && named.size === 0) return [' blocks.nothing_left'];
    const strangers = (listed ?? []).filter((cis) => !named.has(cis));
    if (strangers.length > 0) return strangers.map((cis) => `${cis} blocks.not_in_blocking`).sort();
    for (const cis of listed ?? [...named]) named.delete(cis);
    return DONE;
  }

  /** A receipt is never refused: it is a fact. */
  receipt(taxpayer: string, operation: 'sale' | 'sale_return', cis: string): void {
    const thing = this.things.get(cis);
    if (thing === undefined) return;
    const { status, owner, reason } = thing;
    const { effect } = decideReceipt(operation, { status, owner, reason, hold: this.holdOf(thing) }, taxpayer, false);
    if (effect === 'none') return;
    for (const named of this.blockings.values()) {
      if (this.path(thing).some((at) => named.has(at.cis))) named.add(cis);
    }
    this.takeOut([thing]);
    for (const each of this.whole(thing)) {
      const sold = effect === 'sell';
      Object.assign(each, {
        owner: taxpayer,
        shipment: null,
        status: sold ? 'withdrawn' : 'in_circulation',
        reason: sold ? 'RETAIL' : null,
      });
    }
  }

  private unpackable(actor: string, box: string, cises: readonly string[]): Refusal {
    const problems = cises.flatMap((cis) => {
      const thing = this.things.get(cis);
      if (thing === undefined)
        return [`${cis} ${cis === box ? 'aggregation.into_itself' : 'documents.code_not_found'}`];
      if (thing.owner !== actor) return [`${cis} documents.not_owner`];
      if (thing.parent !== null) return [`${cis} aggregation.already_packed`];
      if (this.holdOf(thing) !== 'none') return [`${cis} documents.on_hold`];
      if (!TRANSITIONS.packed.from.includes(thing.status)) return [`${cis} documents.wrong_status`];
      if (this.isEmptyPackage(thing)) return [`${cis} aggregation.package_empty`];
      return this.isBlockedInside(thing) ? [`${cis} documents.blocked_inside`] : [];
    });
    return problems.sort();
  }

  private named(cises: readonly string[]): Thing[] {
    return cises.map((cis) => this.things.get(cis) ?? assert.fail());
  }

  /** What goes leaves its package; of several named things the outer ones keep what is not named itself. */
  private takeOut(things: readonly Thing[]): void {
    for (const thing of things) thing.parent = null;
  }

  private isEmptyPackage(thing: Thing): boolean {
    return thing.isPackage && this.contentOf(thing).length === 0;
  }

  private isBlockedInside(thing: Thing): boolean {
    return this.whole(thing).some((inside) => inside !== thing && this.isNamedBlocked(inside.cis));
  }

  private unfit(cises: readonly string[], { event, owner }: Wanted): Refusal {
    const { from, holdFrom, takesContent } = TRANSITIONS[event];
    const problems = cises.flatMap((cis) => {
      const thing = this.things.get(cis);
      if (thing === undefined) return [`${cis} documents.code_not_found`];
      const hold = this.holdOf(thing);
      const heldRight = holdFrom === null || hold === holdFrom;
      if (owner !== null && thing.owner !== owner) return [`${cis} documents.not_owner`];
      if (!heldRight) return [`${cis} documents.${hold === 'none' ? 'not_held' : 'on_hold'}`];
      return from.includes(thing.status) ? [] : [`${cis} documents.wrong_status`];
    });
    if (problems.length > 0 || !takesContent) return problems.sort();
    const stopped = this.named(cises).filter((thing) => this.isBlockedInside(thing));
    return stopped.map(({ cis }) => `${cis} documents.blocked_inside`).sort();
  }

  private statusOf(shipment: Shipment, event: string): string {
    const outcomes = [...shipment.lines.values()];
    if (outcomes.includes('awaiting')) return 'awaiting_acceptance';
    if (outcomes.includes('accepted') || event === 'accepted') {
      return outcomes.every((outcome) => outcome === 'accepted') ? 'accepted' : 'accepted_in_part';
    }
    return event === 'refused' ? 'refused' : 'cancelled';
  }
}
