import assert from 'node:assert/strict';
import type { CodeEvent, CodeHold, CodeStatus, CodeType } from '../../src/core/lifecycle/transitions.ts';
import { isTerminal, PACKAGE_LEVELS_MAX, TRANSITIONS } from '../../src/core/lifecycle/transitions.ts';
import type { Queryable } from '../../src/store/database.ts';

/** What the store says of a code, or what its history makes of it. */
export interface State {
  readonly cis: string;
  readonly type: CodeType;
  readonly ver: number;
  readonly status: CodeStatus;
  readonly hold: CodeHold;
  readonly owner: string | null;
  readonly parent: string | null;
  readonly reason: string | null;
}

export interface HistoryRow extends State {
  readonly recordedAt: Date;
  readonly event: CodeEvent;
  readonly actor: string;
  readonly occurredAt: Date;
  readonly parentVer: number | null;
  readonly leftVer: number | null;
}

export type States = Map<string, State>;

export async function readStates(db: Queryable, codes: readonly string[]): Promise<State[]> {
  const { rows } = await db.query<State & Record<string, unknown>>(
    'select cis, type, ver, status, hold, owner, parent, reason from code where cis = any($1) order by cis',
    [codes],
  );
  return rows;
}

export async function readHistory(db: Queryable, codes: readonly string[]): Promise<HistoryRow[]> {
  const { rows } = await db.query<HistoryRow & Record<string, unknown>>(
    `select recorded_at as "recordedAt", occurred_at as "occurredAt", cis, ver, event, actor, status, hold, owner,
            parent, reason, parent_ver as "parentVer", left_ver as "leftVer"
       from code_history where cis = any($1) order by recorded_at, cis, ver`,
    [codes],
  );
  return rows;
}

/** The path from a code to its outermost package, the code first. */
export function pathOf(cis: string, states: States): State[] {
  const path: State[] = [];
  for (let at: string | null = cis; at !== null; ) {
    const state: State | undefined = states.get(at);
    assert.ok(state, `${cis}: ${at} of its path is missing`);
    path.push(state);
    assert.ok(path.length <= PACKAGE_LEVELS_MAX + 1, `${cis}: the path is a circle or too deep`);
    at = state.parent;
  }
  return path;
}

export function effectiveStatus(cis: string, states: States): CodeStatus {
  const path = pathOf(cis, states);
  return path.findLast(({ status }) => isTerminal(status))?.status ?? path[0]?.status ?? assert.fail();
}

export function effectiveOwner(cis: string, states: States): string | null {
  return pathOf(cis, states).at(-1)?.owner ?? null;
}

/**
 * The history played from the beginning, one transaction after another, each step judged by the table of transitions.
 * `issued` are the codes as their orders left them; packages come into being by their event.
 */
export function fold(issued: readonly State[], history: readonly HistoryRow[]): States {
  let states: States = new Map(issued.map((state) => [state.cis, state]));
  for (const step of inTransactions(history)) {
    const next: States = new Map(states);
    for (const row of step) next.set(row.cis, after(row, states, next));
    states = next;
  }
  return states;
}

function after(row: HistoryRow, before: States, meanwhile: States): State {
  const { from, to, types, leavesPackage, holdTo } = TRANSITIONS[row.event];
  const where = `${row.cis} ver ${row.ver}: ${row.event}`;
  if (row.event === 'aggregated') {
    assert.equal(before.has(row.cis), false, `${where} of an SSCC that was used`);
    return { ...stateOf(row), type: 'transport', ver: 1, parent: null, reason: null };
  }
  if (row.event === 'imported') {
    assert.equal(before.has(row.cis), false, `${where} of a code that was known`);
    return { ...stateOf(row), type: row.cis.startsWith('00') ? 'transport' : 'unit', ver: 1 };
  }
  const code = meanwhile.get(row.cis) ?? assert.fail(`${where} on a code that is not there`);
  assert.ok(from.includes(effectiveStatus(row.cis, before)), `${where} from ${effectiveStatus(row.cis, before)}`);
  assert.ok(types.includes(code.type), `${where} on a ${code.type}`);
  if (row.event === 'packed') assert.equal(code.parent, null, `${where} although it is in ${code.parent}`);
  if (row.event === 'packed' || row.event === 'unpacked') {
    return { ...code, ver: code.ver + 1, parent: row.parent, owner: row.parent === null ? row.actor : null };
  }
  return {
    ...code,
    ver: code.ver + 1,
    status: to ?? code.status,
    reason: to === null ? code.reason : row.reason,
    // An event that has no status of its own leaves the reason of the last one.
    hold: row.event === 'released' ? row.hold : (holdTo ?? code.hold),
    parent: leavesPackage ? null : code.parent,
    owner: leavesPackage ? ownerAfter(row, before) : code.owner,
  };
}

/** Goods that were refused or taken back stay with their sender, whoever says so. */
function ownerAfter(row: HistoryRow, before: States): string | null {
  return row.event === 'refused' || row.event === 'shipment_cancelled' ? effectiveOwner(row.cis, before) : row.actor;
}

function stateOf({ cis, type, ver, status, hold, owner, parent, reason }: State): State {
  return { cis, type, ver, status, hold, owner, parent, reason };
}

/** Rows of one transaction have the same time of recording. */
function inTransactions(history: readonly HistoryRow[]): HistoryRow[][] {
  const steps = new Map<number, HistoryRow[]>();
  for (const row of history) {
    const time = row.recordedAt.getTime();
    steps.set(time, [...(steps.get(time) ?? []), row]);
  }
  return [...steps.entries()].sort(([a], [b]) => a - b).map(([, rows]) => rows);
}
