import type { Transaction } from '../../store/database.ts';
import { aggregate } from '../aggregation/aggregate.ts';
import { disaggregate } from '../aggregation/disaggregate.ts';
import { cisOfSscc } from '../aggregation/sscc.ts';
import type { LineProblem, StagedChange } from '../lifecycle/change-staged.ts';
import { changeStaged } from '../lifecycle/change-staged.ts';
import { addPackageContent } from '../lifecycle/staging.ts';
import type { CodeEvent } from '../lifecycle/transitions.ts';
import type { DocumentHeader, DocumentKind } from './kinds.ts';

type Effect = (
  tx: Transaction,
  header: DocumentHeader,
  change: Omit<StagedChange, 'event' | 'reason'>,
) => Promise<LineProblem[]>;

/** What each kind of document does to the staged codes, in the document's transaction. */
export const EFFECTS: Readonly<Record<DocumentKind, Effect>> = {
  utilisation: onEachCode('applied'),
  introduction: introduce,
  aggregation: (tx, header, change) => aggregate(tx, ssccOf(header), { ...change, event: 'packed', reason: null }),
  disaggregation: (tx, header, change) =>
    disaggregate(tx, ssccOf(header), { ...change, event: 'disaggregated', reason: null }),
  withdrawal: onEachCode('withdrawn'),
  return: onEachCode('returned'),
  write_off: onEachCode('written_off'),
};

function onEachCode(event: CodeEvent): Effect {
  return (tx, header, change) => changeStaged(tx, { ...change, event, reason: reasonAfter(event, header) });
}

/** A package is introduced with everything in it: a report on it equals one on each unit inside (order 44-н/қ, p.50). */
async function introduce(
  tx: Transaction,
  _header: DocumentHeader,
  change: Omit<StagedChange, 'event' | 'reason'>,
): Promise<LineProblem[]> {
  const expected = change.expected + (await addPackageContent(tx, 'in_circulation'));
  return changeStaged(tx, { ...change, expected, event: 'introduced', reason: null });
}

/** Returned goods are in circulation again: the reason of their withdrawal is history. */
function reasonAfter(event: CodeEvent, header: DocumentHeader): string | null {
  const reason = header['reason'];
  return event !== 'returned' && typeof reason === 'string' ? reason : null;
}

function ssccOf(header: DocumentHeader): string {
  const cis = typeof header['sscc'] === 'string' ? cisOfSscc(header['sscc']) : undefined;
  if (cis === undefined) throw new TypeError('a checked header has its sscc');
  return cis;
}
