import type { Database, Queryable } from '../../src/store/database.ts';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

export interface Explained {
  /** `Seq Scan document`, `Index Scan document_by_number`, … of every scan in the plan. */
  readonly scans: readonly string[];
}

/** Runs what `work` asks on the store, and says how each of its statements was planned with its values. */
export async function explained(db: Database, work: (db: Queryable) => Promise<unknown>): Promise<Explained> {
  const scans: string[] = [];
  const watching: Queryable = {
    query: async (query, values) => {
      const asked = typeof query === 'string' ? { text: query, values } : { text: query.text, values: query.values };
      const { rows } = await db.query<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>(
        `explain (format json) ${asked.text}`,
        asked.values,
      );
      for (const { Plan: plan } of rows[0]?.['QUERY PLAN'] ?? []) scans.push(...scansOf(plan));
      return db.query(query, values);
    },
  };
  await work(watching);
  return { scans };
}

function scansOf(plan: Plan): string[] {
  const type = plan['Node Type'];
  const own = / Scan$/.test(type) ? [`${type} ${plan['Index Name'] ?? plan['Relation Name'] ?? ''}`.trim()] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)];
}
