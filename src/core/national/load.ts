import { rollback, type Transaction } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { GOOD_CODES, GOOD_PARTICIPANTS, GOOD_PRODUCTS, type KnownOrigin } from './problems.ts';

export interface Origin extends KnownOrigin {
  readonly name: string;
  readonly digests: Readonly<Record<string, string>>;
}

const FIND_ORIGIN = `
select origin_id as "originId", imported_at as "importedAt", status from foreign_code_origin where digests = $1`;

/** The run that has read files of these digests before. */
export async function findOrigin(
  tx: Transaction,
  digests: Origin['digests'],
): Promise<(KnownOrigin & { readonly status: 'running' | 'done' }) | null> {
  const { rows } = await tx.query<KnownOrigin & { readonly status: 'running' | 'done' }>(FIND_ORIGIN, [digests]);
  return rows[0] ?? null;
}

const INSERT_ORIGIN = `
insert into foreign_code_origin (origin_id, name, digests, status, imported_at)
values ($1, $2, $3, 'running', $4) on conflict (digests) do nothing`;

// Before any code: a check must never call a tail forged that the other system may have made.
const INSERT_KEYS = `
insert into foreign_key (key_id, origin_id)
select distinct key_id, $1::uuid from ${GOOD_CODES} as c where key_id is not null on conflict do nothing`;
const INSERT_GTINS = `
insert into foreign_gtin (gtin, origin_id)
select distinct gtin, $1::uuid from ${GOOD_CODES} as c where gtin is not null and key_id is null
on conflict do nothing`;

const INSERT_PARTICIPANTS = `
with added as (
  insert into participant (bin, name, role, active, registered_at)
  select bin, name, role, active, $1 from ${GOOD_PARTICIPANTS} as p
      on conflict (bin) do nothing
  returning bin, role
), recorded as (
  insert into participant_event (bin, at, event, details)
  select bin, $1, 'registered', jsonb_build_object('role', role, 'import', $2::text) from added
)
update foreign_code_origin set participants = participants + (select count(*) from added) where origin_id = $2::uuid`;

const INSERT_PRODUCTS = `
with added as (
  insert into product (gtin, product_group, owner_bin, card, published_at, status)
  select gtin, product_group, owner_bin, card, $1, status from ${GOOD_PRODUCTS} as p where line > $3 and line <= $4
      on conflict (gtin) do nothing
  returning gtin, version, card
), recorded as (
  insert into product_event (gtin, at, event, version, card) select gtin, $1, 'published', version, card from added
)
update foreign_code_origin set products = products + (select count(*) from added) where origin_id = $2::uuid`;
const LAST_PRODUCT_LINE = 'select coalesce(max(line), 0)::integer as last from staged_product';

// In place of the application reports that the other system had: one for all codes of the same goods. The key makes a
// second run find those of the first. The bucket is bucketOf (src/store/ids.ts).
const INSERT_FACTS = `
create temporary table import_facts as
select root_owner, production_date, expiry_date, batch, count(*)::integer as codes,
       'import:' || $1::text || ':' || md5(jsonb_build_array(production_date, expiry_date, batch)::text) as key
  from ${GOOD_CODES} as c
 where production_date is not null or expiry_date is not null or batch is not null
 group by root_owner, production_date, expiry_date, batch`;
const INSERT_FACT_DOCUMENTS = `
insert into document (document_id, bucket, bin, kind, format, status, header, code_count, idempotency_key, received_at,
                      completed_at)
select gen_random_uuid(),
       (get_byte(sha256(root_owner::bytea), 0) * 256 + get_byte(sha256(root_owner::bytea), 1)) % 64,
       root_owner, 'utilisation', 'json', 'accepted',
       jsonb_strip_nulls(jsonb_build_object(
         'productionDate', production_date, 'expiryDate', expiry_date, 'batch', batch, 'import', $1::text)),
       codes, key, $2, $2
  from import_facts
    on conflict (bin, idempotency_key, bucket) do nothing`;

// Packages before what is in them, so that no path is ever broken.
const ORDER_CODES = `
create temporary table import_queue as
select row_number() over (order by c.level, c.line) as position, c.*, d.document_id as applied_by
  from ${GOOD_CODES} as c
  left join import_facts f
    on f.root_owner = c.root_owner and f.production_date is not distinct from c.production_date
   and f.expiry_date is not distinct from c.expiry_date and f.batch is not distinct from c.batch
  left join document d on d.bin = f.root_owner and d.idempotency_key = f.key
 where not c.done`;
const INDEX_QUEUE = 'create unique index on import_queue (position); analyze import_queue';
const COUNT_QUEUE = 'select count(*)::integer as codes from import_queue';

// ver 1 for all, so that a package's later events are its content's too.
const INSERT_CODES = `
with part as materialized (
  select * from import_queue where position > $3 and position <= $4 order by cis
), stored as (
  insert into code (cis, ver, type, status, owner, parent, reason, applied_by)
  select cis, 1, type, status, case when parent is null then root_owner end, parent, reason, applied_by from part
), recorded as (
  insert into code_history (recorded_at, occurred_at, document_id, ver, parent_ver, status, hold, cis, event, actor,
                            owner, parent, reason)
  select $2, coalesce(emitted_at, $2), $1, 1, case when parent is not null then 1 end, status, 'none', cis, 'imported',
         root_owner, case when parent is null then root_owner end, parent, reason
    from part
)
update foreign_code_origin set codes = codes + (select count(*) from part) where origin_id = $1`;

const FINISH = `
update foreign_code_origin set status = 'done', finished_at = $2, left_out = $3 where origin_id = $1
returning participants::integer, products::integer, codes::integer`;

export interface LoadOptions {
  readonly clock: Clock;
  readonly codesPerBatch: number;
  readonly leftOut: number;
  readonly onProgress: (text: string) => void;
  /** After each commit. */
  readonly onBatch: (codes: number) => void;
}

export interface Loaded {
  readonly participants: number;
  readonly products: number;
  readonly codes: number;
}

/** Brings in what is staged and good, in transactions of bounded size; what an earlier run has done is not done again. */
export async function load(tx: Transaction, origin: Origin, options: LoadOptions): Promise<Loaded> {
  const { originId, importedAt } = origin;
  await inTransaction(tx, () => begin(tx, origin));
  await loadProducts(tx, origin, options);
  await inTransaction(tx, async () => {
    await tx.query(INSERT_FACTS, [originId]);
    await tx.query(INSERT_FACT_DOCUMENTS, [originId, importedAt]);
  });
  await tx.query('analyze import_facts');
  await tx.query(ORDER_CODES);
  await tx.query(INDEX_QUEUE);
  await loadCodes(tx, origin, options);
  return await inTransaction(tx, () => finish(tx, origin, options));
}

async function begin(tx: Transaction, { originId, name, digests, importedAt }: Origin): Promise<void> {
  const inserted = await tx.query(INSERT_ORIGIN, [originId, name, digests, importedAt]);
  await tx.query(INSERT_KEYS, [originId]);
  await tx.query(INSERT_GTINS, [originId]);
  await tx.query(INSERT_PARTICIPANTS, [importedAt, originId]);
  if (inserted.rowCount === 0) return;
  const details = { name, ...digests };
  await writeAudit(tx, { at: importedAt, bin: null, ip: null, action: 'import.begun', subject: originId, details });
}

async function loadProducts(tx: Transaction, origin: Origin, { codesPerBatch }: LoadOptions): Promise<void> {
  const last = (await tx.query<{ last: number }>(LAST_PRODUCT_LINE)).rows[0]?.last ?? 0;
  for (let line = 0; line < last; line += codesPerBatch) {
    const values = [origin.importedAt, origin.originId, line, line + codesPerBatch];
    await inTransaction(tx, () => tx.query(INSERT_PRODUCTS, values));
  }
}

async function loadCodes(tx: Transaction, origin: Origin, options: LoadOptions): Promise<void> {
  const { codesPerBatch, onProgress, onBatch } = options;
  const total = (await tx.query<{ codes: number }>(COUNT_QUEUE)).rows[0]?.codes ?? 0;
  for (let done = 0; done < total; done += codesPerBatch) {
    const values = [origin.originId, origin.importedAt, done, done + codesPerBatch];
    await inTransaction(tx, () => tx.query(INSERT_CODES, values));
    const now = Math.min(done + codesPerBatch, total);
    onProgress(`codes: ${now} of ${total} imported`);
    onBatch(now);
  }
}

async function finish(tx: Transaction, { originId }: Origin, { clock, leftOut }: LoadOptions): Promise<Loaded> {
  const at = clock.now();
  const { rows } = await tx.query<Loaded & Record<string, unknown>>(FINISH, [originId, at, leftOut]);
  const loaded = rows[0] ?? { participants: 0, products: 0, codes: 0 };
  const details = { ...loaded, leftOut };
  await writeAudit(tx, { at, bin: null, ip: null, action: 'import.finished', subject: originId, details });
  return loaded;
}

async function inTransaction<T>(tx: Transaction, work: () => Promise<T>): Promise<T> {
  await tx.query('begin');
  try {
    const result = await work();
    await tx.query('commit');
    return result;
  } catch (error) {
    await rollback(tx);
    throw error;
  }
}
