import type { CodeHold, CodeStatus, CodeType } from './transitions.ts';
import { isTerminal } from './transitions.ts';

/** A row of `code`. */
export interface CodeRow {
  readonly cis: string;
  readonly lineId: string | null;
  readonly ver: number;
  readonly type: CodeType;
  readonly status: CodeStatus;
  readonly hold: CodeHold;
  readonly owner: string | null;
  readonly parent: string | null;
  readonly reason: string | null;
  readonly appliedBy: string | null;
  readonly introducedBy: string | null;
}

/** What a code is once the packages above it have been looked at. */
export interface EffectiveState {
  readonly status: CodeStatus;
  readonly hold: CodeHold;
  readonly owner: string | null;
  readonly reason: string | null;
  /** The outermost package, or null for a loose code. */
  readonly root: string | null;
}

/**
 * `ancestors` from the direct package upwards. Owner and delivery hold are the outermost package's; a terminal status
 * wins over the code's own, the outermost one first; `blocked` anywhere on the path blocks.
 */
export function effectiveState(code: CodeRow, ancestors: readonly CodeRow[]): EffectiveState {
  const root = ancestors.at(-1);
  if (root === undefined) {
    return { status: code.status, hold: code.hold, owner: code.owner, reason: code.reason, root: null };
  }
  const path = [code, ...ancestors];
  const terminal = path.findLast((row) => isTerminal(row.status));
  return {
    status: terminal?.status ?? code.status,
    reason: terminal === undefined ? code.reason : terminal.reason,
    hold: path.some((row) => row.hold === 'blocked') ? 'blocked' : root.hold,
    owner: root.owner,
    root: root.cis,
  };
}
