-- Codes taken over from another marking system. Reference tables: they grow with the runs of an import, not with codes.

-- One row per export that was read. digests: { file name: SHA-256 }; the same files are never read in twice. Its id stands
-- for the document in the history of its codes (event imported).
create table foreign_code_origin (
  origin_id uuid primary key,
  name text not null,
  digests jsonb not null unique,
  status text not null check (status in ('running', 'done')),
  imported_at timestamptz not null,
  finished_at timestamptz,
  participants bigint not null default 0,
  products bigint not null default 0,
  codes bigint not null default 0,
  left_out bigint not null default 0,
  check ((status = 'done') = (finished_at is not null))
);

-- Keys (AI 91) of the other system: their tails cannot be verified here, which makes them neither right nor forged.
create table foreign_key (
  key_id text primary key check (length(key_id) = 4),
  origin_id uuid not null references foreign_code_origin
);

-- Goods with imported codes whose key is not known: a tail that is not ours may be the other system's.
create table foreign_gtin (
  gtin text primary key check (gtin ~ '^[0-9]{14}$'),
  origin_id uuid not null references foreign_code_origin
);
