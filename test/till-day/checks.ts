import type { PrintedTicket } from '../../simulators/tills/fleet.ts';
import type { Database, Queryable } from '../../src/store/database.ts';

/** What must be none at the end of the day. */
export interface Violations {
  /** Tickets that a shop printed and that are nowhere. */
  readonly lost: number;
  /** Receipts that nobody printed, or that are there twice. */
  readonly unprinted: number;
  /** Codes that were sold or returned twice in a row. */
  readonly appliedTwice: number;
  /** Codes whose state is not what their history says. */
  readonly notTheirHistory: number;
  /** Registers whose shifts have counted more or fewer tickets than were printed. */
  readonly miscounted: number;
  /** Codes that are missing from the sum over all statuses. */
  readonly missingCodes: number;
}

const TICKETS = `
create temporary table printed (register_id text collate "C", at timestamptz, operation text, mark text collate "C")`;
const ADD_TICKETS = `
insert into printed select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[])`;
const CHUNK = 50_000;

// An offline ticket whose first, online try had come in after all is kept under the sign of that: so not by its sign.
const KEPT = `
create temporary table kept as
select r.register_id, r.at, r.operation, coalesce(one ->> 'mark', one ->> 'cis') as mark
  from receipt r cross join lateral jsonb_array_elements(r.outcome) as one
 where r.register_id like $1`;

const COUNTS: Readonly<Record<keyof Violations, string>> = {
  lost: `select count(*)::integer as count from (select * from printed except all select * from kept) as gone`,
  unprinted: `select count(*)::integer as count from (select * from kept except all select * from printed) as more`,
  appliedTwice: `
select count(*)::integer as count
  from (select event, lag(event) over (partition by cis order by ver) as before from code_history
         where event in ('sold', 'returned')) as steps
 where event = before`,
  notTheirHistory: `
select count(*)::integer as count
  from (select distinct on (cis) cis, ver, status, hold, owner from code_history order by cis, ver desc) as last
  join code on code.cis = last.cis
 where (code.ver, code.status, code.hold, code.owner) is distinct from (last.ver, last.status, last.hold, last.owner)`,
  miscounted: `
select count(*)::integer as count
  from (select registration_number, sum(sales) as sales, sum(sale_returns) as returns
          from register_shift join cash_register using (device_id) where registration_number like $1 group by 1) as counted
  full join (select register_id, count(*) filter (where operation = 'sale') as sales,
                    count(*) filter (where operation = 'sale_return') as returns from printed group by 1) as told
    on told.register_id = counted.registration_number
 where (counted.sales, counted.returns) is distinct from (told.sales::numeric, told.returns::numeric)`,
  missingCodes: `select $1::integer - count(*)::integer as count from code where status in ('in_circulation', 'withdrawn')`,
};

/** Set by set, when everything has come to rest. */
export async function violationsOf(
  db: Database,
  { tickets, registers, codes }: { tickets: readonly PrintedTicket[]; registers: string; codes: number },
): Promise<Violations> {
  return await db.transaction(
    async (tx) => {
      await tx.query(TICKETS);
      for (let first = 0; first < tickets.length; first += CHUNK) {
        const some = tickets.slice(first, first + CHUNK);
        await tx.query(ADD_TICKETS, [
          some.map(({ registrationNumber }) => registrationNumber),
          some.map(({ at }) => at),
          some.map(({ operation }) => operation),
          some.map(({ mark }) => mark),
        ]);
      }
      await tx.query(KEPT, [registers]);
      const count = async (name: keyof Violations, values: unknown[] = []): Promise<number> =>
        await countOf(tx, COUNTS[name], values);
      return {
        lost: await count('lost'),
        unprinted: await count('unprinted'),
        appliedTwice: await count('appliedTwice'),
        notTheirHistory: await count('notTheirHistory'),
        miscounted: await count('miscounted', [registers]),
        missingCodes: await count('missingCodes', [codes]),
      };
    },
    { statementTimeoutMs: 600_000 },
  );
}

async function countOf(db: Queryable, text: string, values: unknown[]): Promise<number> {
  const { rows } = await db.query<{ count: number }>(text, values);
  return rows[0]?.count ?? 0;
}
