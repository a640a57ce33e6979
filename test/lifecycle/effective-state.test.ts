import assert from 'node:assert/strict';
import type { CodeRow } from '../../src/core/lifecycle/effective-state.ts';
import { effectiveState } from '../../src/core/lifecycle/effective-state.ts';
import { CODE_STATUSES, isTerminal, TRANSITIONS } from '../../src/core/lifecycle/transitions.ts';

function row(changes: Partial<CodeRow> = {}): CodeRow {
  return {
    cis: '01',
    lineId: null,
    ver: 1,
    type: 'unit',
    status: 'in_circulation',
    hold: 'none',
    owner: null,
    parent: null,
    reason: null,
    appliedBy: null,
    introducedBy: null,
    ...changes,
  };
}

const box = (changes: Partial<CodeRow> = {}): CodeRow => row({ cis: '00box', type: 'transport', ...changes });
const pallet = (changes: Partial<CodeRow> = {}): CodeRow =>
  row({ cis: '00pallet', type: 'transport', owner: 'A', ...changes });

describe('the effective state of a code', () => {
  it('is its own while it is loose', () => {
    const state = effectiveState(row({ owner: 'A', status: 'withdrawn', reason: 'EXPORT', hold: 'blocked' }), []);
    assert.deepEqual(state, { status: 'withdrawn', hold: 'blocked', owner: 'A', reason: 'EXPORT', root: null });
  });

  it('has owner and delivery hold of the outermost package', () => {
    const state = effectiveState(row(), [box(), pallet({ hold: 'awaiting_acceptance' })]);
    assert.deepEqual([state.owner, state.hold, state.root], ['A', 'awaiting_acceptance', '00pallet']);
  });

  it('is terminal when any package above is, by the reason of the outermost one that is', () => {
    const gone = { status: 'withdrawn', reason: 'EXPORT' } as const;
    const state = effectiveState(row(), [box({ status: 'written_off', reason: 'LOST' }), pallet(gone)]);
    assert.deepEqual([state.status, state.reason], ['withdrawn', 'EXPORT']);
    assert.equal(effectiveState(row(), [box(gone), pallet()]).status, 'withdrawn');
  });

  it('stays the code’s own below packages that are not terminal', () => {
    assert.equal(effectiveState(row({ status: 'applied' }), [box(), pallet()]).status, 'applied');
  });

  for (const [where, path] of [
    ['the code', [row({ hold: 'blocked' }), box(), pallet()]],
    ['a package between', [row(), box({ hold: 'blocked' }), pallet()]],
    ['the outermost package', [row(), box(), pallet({ hold: 'blocked' })]],
  ] as const) {
    it(`is blocked when ${where} is`, () => {
      const [code, ...above] = path;
      assert.equal(effectiveState(code, above).hold, 'blocked');
    });
  }
});

describe('the table of transitions', () => {
  it('leaves no way out of write-off', () => {
    for (const [event, { from }] of Object.entries(TRANSITIONS)) assert.ok(!from.includes('written_off'), event);
  });

  it('reaches every status but the first by some event', () => {
    const reached = new Set(Object.values(TRANSITIONS).map(({ to }) => to));
    for (const status of CODE_STATUSES) assert.equal(reached.has(status), status !== 'emitted', status);
  });

  it('takes a code that leaves circulation out of its package', () => {
    for (const [event, { to, leavesPackage }] of Object.entries(TRANSITIONS)) {
      if (to !== null && isTerminal(to)) assert.ok(leavesPackage, event);
    }
  });
});
