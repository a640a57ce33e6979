-- Cash registers, and how far the conversation with each has come. Few rows, many updates: no index on what changes.

create table cash_register (
  -- Unsigned 32 bits of the protocol's header.
  device_id bigint primary key check (device_id between 1 and 4294967295),
  -- As the tax authority registered it; the registerId of its receipts.
  registration_number text collate "C" not null unique check (registration_number ~ '^[0-9A-Za-z-]{1,40}$'),
  bin text not null references participant,
  -- The fiscal data operator that registered it, and alone may change it.
  ofd_bin text not null references participant,
  blocked boolean not null default false,
  -- What the next request has to carry.
  token bigint not null,
  -- Of the last request that was answered, and its answer: the same request again gets the same answer.
  used_token bigint,
  request_number integer,
  command smallint,
  digest bytea,
  reply bytea,
  -- Request numbers that never came: the register gave them up.
  requests_missed bigint not null default 0,
  -- Fiscal sign of the last ticket that its shift has counted: one that comes again is not counted again.
  counted_sign text,
  shift_number bigint,
  shift_opened_at timestamptz,
  registered_at timestamptz not null,
  seen_at timestamptz
) with (fillfactor = 50);
create index cash_register_by_bin on cash_register (bin, device_id);
create index cash_register_by_ofd on cash_register (ofd_bin, device_id);

-- What the register's receipts of a shift come to, by our count; its own Z-report is held against it. Sums in tiyn.
create table register_shift (
  device_id bigint not null references cash_register,
  shift_number bigint not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  sales bigint not null default 0,
  sales_sum bigint not null default 0,
  sale_returns bigint not null default 0,
  sale_returns_sum bigint not null default 0,
  purchases bigint not null default 0,
  purchases_sum bigint not null default 0,
  purchase_returns bigint not null default 0,
  purchase_returns_sum bigint not null default 0,
  primary key (device_id, shift_number)
) with (fillfactor = 50);

-- What a register sent besides receipts, and tickets that were refused, as they came.
create table register_document (
  received_at timestamptz not null,
  document_id uuid not null,
  device_id bigint not null,
  kind text not null,
  digest bytea not null,
  body bytea not null,
  details jsonb not null,
  primary key (document_id, received_at)
) partition by range (received_at);
create table register_document_default partition of register_document default;
create index register_document_by_device on register_document (device_id, received_at);

-- A register as another fiscal data operator knows it, to which its tickets are handed on.
create table relayed_register (
  partner_id text not null references partner,
  device_id bigint not null,
  token bigint not null,
  request_number integer not null,
  primary key (partner_id, device_id)
) with (fillfactor = 50);
