import type { Database } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { CodeRows } from '../lifecycle/code-rows.ts';
import { pathOf, readCodes, readPaths } from '../lifecycle/code-rows.ts';
import type { CodeRow } from '../lifecycle/effective-state.ts';
import { effectiveState } from '../lifecycle/effective-state.ts';
import type { CodeHold, CodeStatus, CodeType } from '../lifecycle/transitions.ts';
import { isTerminal } from '../lifecycle/transitions.ts';
import type { HistoryEvent } from './code-history.ts';
import { asOwnerSees, historyOf, withPlaces } from './code-history.ts';
import type { MarkReader } from './mark-reader.ts';
import type { ProductionFacts, ProductionFactsReader } from './production-facts.ts';

/** Who asks, and how much they may see: their own goods, or (authorities, the operator) everybody's. */
export interface Asker {
  readonly bin: string;
  readonly seesEverything: boolean;
  readonly ip: string;
}

/** What any participant may know of a code (as in the national system's short data set); owner and packages only its owner. */
export interface CodeView {
  readonly cis: string;
  readonly gtin: string | null;
  readonly type: CodeType;
  readonly status: CodeStatus;
  readonly hold: CodeHold;
  readonly reason: string | null;
  readonly productionDate: string | null;
  readonly expiryDate: string | null;
  readonly batch: string | null;
  readonly owner?: string | null;
  readonly parent?: string | null;
  readonly root?: string | null;
  /** Packages only: broken up, gone, or emptied by its last leaver. Its SSCC is never used again. */
  readonly closed?: boolean;
  /** Only of a code asked for alone: the one that took its place, and the one whose place it took. */
  readonly replacedBy?: string;
  readonly replaces?: string;
}

// An empty package is closed. Read, not written: two last leavers would otherwise race for one hot row.
const PACKAGES_WITH_CONTENT = `
select package.cis from unnest($1::text[]) as package(cis)
 where exists (select 1 from code where code.parent = package.cis collate "C")`;

const FIND_REMARKS = `
select cis, new_cis as "newCis" from code_remark where cis = $1
union all
select cis, new_cis from code_remark where new_cis = $1`;

export interface CodeQueries {
  /** Of identification parts; those that do not exist are absent. */
  states(asker: Asker, cises: readonly string[]): Promise<ReadonlyMap<string, CodeView>>;
  /** The codes that exist, in the order asked; `unknown` lists what is no code or not there. */
  query(asker: Asker, texts: readonly string[]): Promise<{ codes: CodeView[]; unknown: string[] }>;
  one(asker: Asker, text: string): Promise<CodeView>;
  /** All events for authorities; for the owner without the names of others' deals; only one's own deals for others. */
  history(asker: Asker, text: string): Promise<{ cis: string; events: readonly HistoryEvent[] }>;
}

export interface CodeQueriesDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly markReader: MarkReader;
  readonly productionFacts: ProductionFactsReader;
}

export function createCodeQueries({ db, clock, markReader, productionFacts }: CodeQueriesDeps): CodeQueries {
  async function states(asker: Asker, cises: readonly string[]): Promise<ReadonlyMap<string, CodeView>> {
    const wanted = [...new Set(cises)];
    const { codes: rows, packages } = await readPaths(db, wanted);
    const facts = await productionFacts.of([...rows.values()]);
    const filled = await packagesWithContent(rows);
    const found = new Map<string, CodeView>();
    const foreign: string[] = [];
    for (const cis of wanted) {
      const row = rows.get(cis);
      if (row === undefined) continue;
      const view = viewOf(asker, row, packages, facts.get(cis), filled);
      if (view.foreign) foreign.push(cis);
      found.set(cis, view.code);
    }
    await logDisclosure(asker, foreign);
    return found;
  }

  async function query(asker: Asker, texts: readonly string[]): Promise<{ codes: CodeView[]; unknown: string[] }> {
    const parsed = await markReader.read(texts);
    const cises = parsed.map((result) => (result.ok ? result.code.cis : null));
    const found = await states(
      asker,
      cises.filter((cis) => cis !== null),
    );
    const codes: CodeView[] = [];
    const unknown: string[] = [];
    for (const [index, cis] of cises.entries()) {
      const code = cis === null ? undefined : found.get(cis);
      if (code === undefined) unknown.push(texts[index] ?? '');
      else codes.push(code);
    }
    return { codes, unknown };
  }

  async function packagesWithContent(rows: CodeRows): Promise<ReadonlySet<string>> {
    const packages = [...rows.values()].filter((row) => row.type === 'transport').map((row) => row.cis);
    if (packages.length === 0) return new Set();
    const found = await db.query<{ cis: string }>(PACKAGES_WITH_CONTENT, [packages]);
    return new Set(found.rows.map(({ cis }) => cis));
  }

  /** Seeing another participant's goods in full is an authority's right, and leaves its trace. */
  async function logDisclosure(asker: Asker, foreign: readonly string[]): Promise<void> {
    if (foreign.length === 0) return;
    const details = { ground: 'role', count: foreign.length, codes: foreign.slice(0, 100) };
    const subject = foreign[0] ?? '';
    await writeAudit(db, {
      at: clock.now(),
      bin: asker.bin,
      ip: asker.ip,
      action: 'codes.disclosed',
      subject,
      details,
    });
  }

  async function alone(asker: Asker, text: string): Promise<CodeView> {
    const [code] = (await query(asker, [text])).codes;
    if (code === undefined) throw new TanbaError('codes.not_found');
    return code;
  }

  async function one(asker: Asker, text: string): Promise<CodeView> {
    const code = await alone(asker, text);
    if (code.owner === undefined) return code;
    const { rows } = await db.query<{ cis: string; newCis: string }>(FIND_REMARKS, [code.cis]);
    const after = rows.find(({ cis }) => cis === code.cis);
    const before = rows.find(({ newCis }) => newCis === code.cis);
    return {
      ...code,
      ...(after === undefined ? {} : { replacedBy: after.newCis }),
      ...(before === undefined ? {} : { replaces: before.cis }),
    };
  }

  async function history(asker: Asker, text: string): Promise<{ cis: string; events: readonly HistoryEvent[] }> {
    const { cis, owner } = await alone(asker, text);
    const rows = await readCodes(db, [cis]);
    const row = rows.get(cis);
    if (row === undefined) throw new TanbaError('codes.not_found');
    const events = await historyOf(db, row);
    return { cis, events: await withPlaces(db, visibleSteps(asker, owner, events)) };
  }

  return { states, query, one, history };
}

function visibleSteps(
  { bin, seesEverything }: Asker,
  owner: string | null | undefined,
  events: readonly HistoryEvent[],
): readonly HistoryEvent[] {
  if (seesEverything) return events;
  if (owner === bin) return asOwnerSees(events, bin);
  return events.filter(({ actor, counterparty }) => actor === bin || counterparty === bin);
}

function viewOf(
  asker: Asker,
  row: CodeRow,
  packages: CodeRows,
  facts: ProductionFacts | undefined,
  filled: ReadonlySet<string>,
): { code: CodeView; foreign: boolean } {
  const path = pathOf(row, packages) ?? [];
  const state = effectiveState(row, path);
  const own = state.owner === asker.bin;
  const shared = {
    cis: row.cis,
    gtin: row.type === 'transport' ? null : row.cis.slice(2, 16),
    type: row.type,
    status: state.status,
    hold: state.hold,
    reason: state.reason,
    productionDate: facts?.productionDate ?? null,
    expiryDate: facts?.expiryDate ?? null,
    batch: facts?.batch ?? null,
    ...(row.type === 'transport' ? { closed: isTerminal(state.status) || !filled.has(row.cis) } : {}),
  };
  if (!own && !asker.seesEverything) return { code: shared, foreign: false };
  return { code: { ...shared, owner: state.owner, parent: row.parent, root: state.root }, foreign: !own };
}
