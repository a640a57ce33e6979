-- Which codes are blocked, found without looking through all. Not part of any other path: an update that leaves `hold` as
-- it is stays HOT.
create index code_blocked on code (cis) where hold = 'blocked';

-- The lists that tills load, signed; the newest base and the deltas behind it.
create table block_list (
  sequence integer primary key,
  kind text not null check (kind in ('base', 'delta')),
  -- Of a delta: the list it goes on from.
  previous integer,
  issued_at timestamptz not null,
  valid_until timestamptz not null,
  -- Blocked codes after it.
  codes integer not null,
  changes integer not null,
  digest bytea not null,
  bytes integer not null
);

create table block_list_part (
  sequence integer not null references block_list on delete cascade,
  part_no integer not null,
  body bytea not null,
  primary key (sequence, part_no)
);

-- What the newest list says. named: blocked itself, not with a package around it.
create table block_list_code (
  cis text collate "C" primary key,
  named boolean not null
);
