-- Foundation of the traceability store. PostgreSQL 15 features only.
--
-- Distribution (Citus): everything about a code is distributed by cis; documents and outbox by bucket; receipts by
-- register_id; participants, products, keys and orders are reference tables. Every unique constraint on a table that
-- grows with codes therefore contains its cis, and no such table has triggers or foreign keys.

create type code_type as enum ('unit', 'group', 'set', 'transport');
create type code_status as enum ('emitted', 'applied', 'in_circulation', 'withdrawn', 'written_off');
create type code_hold as enum ('none', 'awaiting_acceptance', 'customs_control', 'awaiting_remark', 'blocked');
create type participant_role as enum ('operator', 'manufacturer', 'importer', 'wholesaler', 'retailer', 'ofd', 'authority');

-- One row: which cluster this database lives in, so that a restored or promoted copy is recognised (R1).
create table instance (
  singleton boolean primary key default true check (singleton),
  instance_id uuid not null,
  system_identifier text,
  timeline integer,
  created_at timestamptz not null
);

create table participant (
  bin text primary key check (bin ~ '^[0-9]{12}$'),
  name text not null,
  role participant_role not null,
  active boolean not null default true,
  registered_at timestamptz not null
);

-- Only the SHA-256 of a key is kept: keys are 256 random bits, so a slow hash would add nothing.
create table api_key (
  key_hash bytea primary key,
  bin text not null references participant,
  label text not null,
  demo boolean not null default false,
  created_at timestamptz not null,
  revoked_at timestamptz
);

-- card: { tradeName: {kk,ru,en}, manufacturer: {kk,ru,en}, country: ISO 3166-1 alpha-2 }
create table product (
  gtin text primary key check (gtin ~ '^[0-9]{14}$'),
  product_group text not null,
  owner_bin text not null references participant,
  card jsonb not null,
  published_at timestamptz not null
);

-- Public half of the key ring; private keys live encrypted in the key file, outside the database.
create table signing_key (
  key_id text primary key check (length(key_id) = 4),
  algorithm text not null check (algorithm in ('ed25519', 'hmac-sha256', 'mac-24')),
  public_key bytea,
  valid_from timestamptz not null,
  valid_to timestamptz,
  created_at timestamptz not null
);

create table emission_quota (
  bin text not null references participant,
  product_group text not null,
  codes_per_day bigint not null check (codes_per_day >= 0),
  primary key (bin, product_group)
);

create table code_order (
  order_id uuid primary key,
  bin text not null references participant,
  product_group text not null,
  release_method_type text not null,
  status text not null check (status in ('pending', 'ready', 'closed', 'rejected')),
  idempotency_key text,
  digest bytea,
  created_at timestamptz not null,
  closed_at timestamptz,
  unique (bin, idempotency_key)
);
create index code_order_by_bin on code_order (bin, product_group, created_at);

-- A line's codes are not listed anywhere: stream position 0 .. consumed-1 of the seed, without the skipped positions,
-- gives them again in order. Own serials take the place of the stream.
create table order_line (
  line_id bigint generated always as identity primary key,
  order_id uuid not null references code_order,
  gtin text not null,
  quantity integer not null check (quantity > 0),
  serial_number_type text not null check (serial_number_type in ('OPERATOR', 'SELF_MADE')),
  cis_type code_type not null,
  template text not null,
  key_id text not null references signing_key,
  sealed_seed bytea,
  serial_numbers text[],
  status text not null check (status in ('pending', 'active', 'exhausted', 'rejected', 'closed')),
  consumed integer not null default 0,
  skipped integer[] not null default '{}',
  handed_over integer not null default 0,
  rejection_code text,
  created_at timestamptz not null,
  emitted_at timestamptz,
  unique (order_id, gtin),
  check ((serial_number_type = 'SELF_MADE') = (serial_numbers is not null)),
  check ((serial_number_type = 'OPERATOR') = (sealed_seed is not null))
);
create index order_line_pending on order_line (line_id) where status = 'pending';
create index order_line_by_gtin on order_line (gtin);

-- A pack is the answer to one fetch. after_pack_id makes the repeated fetch find the same pack.
create table pack (
  pack_id uuid primary key,
  line_id bigint not null references order_line,
  after_pack_id uuid,
  first_code integer not null,
  code_count integer not null check (code_count > 0),
  created_at timestamptz not null,
  unique nulls not distinct (line_id, after_pack_id)
);

create table code_download (
  download_id bigint generated always as identity primary key,
  pack_id uuid not null references pack,
  bin text not null,
  ip inet,
  format text not null,
  downloaded_at timestamptz not null
);
create index code_download_by_pack on code_download (pack_id);

-- How far each issue journal (a file outside this database) has been seen by this database.
create table issue_journal (
  journal_id uuid primary key,
  last_seq bigint not null,
  last_digest bytea not null
);

-- The store. fillfactor 70: status changes stay HOT (no secondary index holds status, owner, hold or time).
create table code (
  line_id bigint,
  ver integer not null default 0,
  type code_type not null,
  status code_status not null,
  hold code_hold not null default 'none',
  cis text collate "C" not null,
  owner text,
  parent text collate "C",
  reason text,
  applied_by uuid,
  introduced_by uuid,
  primary key (cis),
  check (parent is null or (owner is null and hold in ('none', 'blocked')))
) partition by hash (cis);

create table code_0 partition of code for values with (modulus 8, remainder 0) with (fillfactor = 70);
create table code_1 partition of code for values with (modulus 8, remainder 1) with (fillfactor = 70);
create table code_2 partition of code for values with (modulus 8, remainder 2) with (fillfactor = 70);
create table code_3 partition of code for values with (modulus 8, remainder 3) with (fillfactor = 70);
create table code_4 partition of code for values with (modulus 8, remainder 4) with (fillfactor = 70);
create table code_5 partition of code for values with (modulus 8, remainder 5) with (fillfactor = 70);
create table code_6 partition of code for values with (modulus 8, remainder 6) with (fillfactor = 70);
create table code_7 partition of code for values with (modulus 8, remainder 7) with (fillfactor = 70);
create index code_by_parent on code (parent) where parent is not null;

-- A code and the packages above it, from the code upwards, in one round trip and one snapshot (six single look-ups, each
-- pruned to its partition). On Citus it runs on the coordinator, where each look-up goes to one shard.
create function code_path(wanted text) returns setof code
language plpgsql stable as $$
declare
  found_code code;
  next_cis text := wanted;
begin
  for level in 0..5 loop
    select * into found_code from code where cis = next_cis collate "C";
    exit when not found;
    return next found_code;
    next_cis := found_code.parent;
    exit when next_cis is null;
  end loop;
end
$$;

-- For statements that write what their transaction has locked: an error where a row did not change after all.
create function all_changed(changed bigint, wanted integer) returns void
language plpgsql as $$
begin
  if changed <> wanted then
    raise exception '% of % locked rows changed', changed, wanted using errcode = 'data_corrupted';
  end if;
end
$$;

-- Append-only. Emission has no row of its own: ver 0 is told by the order line. recorded_at orders the fold,
-- occurred_at is the business date. parent_ver is the new package's version when the code entered it, left_ver the old
-- package's version when the code left it: the package's own events between the two are the code's too (membership by
-- version, not by clock). actor is the participant whose document did it.
create table code_history (
  recorded_at timestamptz not null,
  occurred_at timestamptz not null,
  document_id uuid not null,
  ver integer not null,
  parent_ver integer,
  left_ver integer,
  status code_status not null,
  hold code_hold not null,
  cis text collate "C" not null,
  event text not null,
  actor text not null,
  owner text,
  parent text collate "C",
  reason text,
  primary key (cis, ver, recorded_at)
) partition by range (recorded_at);
create table code_history_default partition of code_history default;

-- bucket = hash of the sender's bin: the distribution key of documents and outbox.
create table document (
  document_id uuid not null,
  bucket smallint not null,
  bin text not null,
  kind text not null,
  format text not null check (format in ('json', 'ndjson')),
  status text not null check (status in ('receiving', 'received', 'accepted', 'rejected', 'failed')),
  header jsonb not null,
  code_count integer,
  digest bytea,
  idempotency_key text,
  errors jsonb,
  error_count integer not null default 0,
  attempts integer not null default 0,
  ip inet,
  received_at timestamptz not null,
  completed_at timestamptz,
  primary key (document_id, bucket),
  unique (bin, idempotency_key, bucket)
);
create index document_waiting on document (bin, received_at) where status = 'received';
create index document_receiving on document (received_at) where status = 'receiving';

-- The document as it came, byte for byte, in parts of at most 1 MiB.
create table document_part (
  document_id uuid not null,
  bucket smallint not null,
  part_no integer not null,
  body bytea not null,
  primary key (document_id, part_no, bucket)
);

create table receipt (
  at timestamptz not null,
  received_at timestamptz not null,
  receipt_id uuid not null,
  register_id text collate "C" not null,
  fiscal_sign text collate "C" not null,
  bin text not null,
  operation text not null,
  sender text not null,
  ip inet,
  digest bytea not null,
  raw bytea not null,
  outcome jsonb not null,
  primary key (register_id, fiscal_sign, at)
) partition by range (at);
create table receipt_default partition of receipt default;

-- Same key, other body: the second body is evidence and kept, without effect.
create table receipt_conflict (
  register_id text collate "C" not null,
  fiscal_sign text collate "C" not null,
  at timestamptz not null,
  digest bytea not null,
  sender text not null,
  ip inet,
  raw bytea not null,
  received_at timestamptz not null,
  primary key (register_id, fiscal_sign, at, digest)
);

-- Written in the transaction of the effect; carried by the exchange.
create table outbox (
  created_at timestamptz not null,
  sent_at timestamptz,
  message_id uuid not null,
  bucket smallint not null,
  topic text not null,
  payload jsonb not null,
  primary key (message_id, created_at, bucket)
) partition by range (created_at);
create table outbox_default partition of outbox default with (fillfactor = 70);
create index outbox_unsent on outbox (created_at) where sent_at is null;

create table audit (
  audit_id bigint generated always as identity primary key,
  at timestamptz not null,
  bin text,
  ip inet,
  action text not null,
  subject text,
  details jsonb not null default '{}'
);
create index audit_by_subject on audit (subject, at);

-- What an operator has to look at: a right tail on a code that was never issued, a conflicting receipt, ...
create table alert (
  alert_id bigint generated always as identity primary key,
  raised_at timestamptz not null,
  kind text not null,
  subject text not null,
  details jsonb not null default '{}'
);
create index alert_by_subject on alert (kind, subject);
