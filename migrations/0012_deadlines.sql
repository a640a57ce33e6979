-- Deadlines: the life of unused codes, outages, acceptance that is overdue, prints of codes.

-- Codes that were not reported as applied are annulled 30 days after their receipt (order 44-н/қ, p.25): those of a pack
-- after its first download, those never fetched after their emission (then the columns of the line are about them).
-- annul_after: the first moment in which they are too old, from the rules in force at the time of receipt.
-- annul_done: how many of them the present pass has looked at; annul_left: how many of those it had to leave as they were
-- (held, or locked by somebody). annulled_at: nothing unused is left.
alter table pack
  add column annul_after timestamptz,
  add column annul_done integer not null default 0,
  add column annul_left integer not null default 0,
  add column annulled_at timestamptz;
create index pack_without_term on pack (pack_id) where annul_after is null;
create index pack_unused on pack (annul_after, pack_id) where annulled_at is null;

alter table order_line
  add column annul_after timestamptz,
  add column annul_done integer not null default 0,
  add column annul_left integer not null default 0,
  add column annulled_at timestamptz,
  add column printed integer not null default 0,
  add column reprinted bigint not null default 0,
  add check (printed <= handed_over);
create index order_line_without_term on order_line (line_id) where annul_after is null and emitted_at is not null;
create index order_line_unused on order_line (annul_after, line_id) where annulled_at is null;

-- Append-only: one batch of codes that the system wrote off. It stands for the document in the history of its codes.
create table annulment (
  annulment_id uuid primary key,
  line_id bigint not null references order_line,
  at timestamptz not null,
  term_ended_at timestamptz not null,
  code_count integer not null check (code_count > 0)
);
create index annulment_of_line on annulment (line_id, annulment_id);

-- Times in which the system did not serve, as the operator announced them (p.35, 39). key_in_by: the last moment in which
-- documents that were paper meanwhile are in time. title: { kk, ru, en }
create table outage (
  outage_id uuid primary key,
  began_at timestamptz not null,
  ended_at timestamptz check (ended_at > began_at),
  key_in_by timestamptz check (key_in_by >= ended_at),
  title jsonb not null,
  announced_by text not null references participant,
  announced_at timestamptz not null,
  check ((ended_at is null) = (key_in_by is null))
);

-- When both sides were told that acceptance is overdue.
alter table transfer add column overdue_told_at timestamptz;
create index transfer_overdue on transfer (accept_by) where status = 'awaiting_acceptance' and overdue_told_at is null;

-- Append-only; the sums stand on the order line.
create table print_report (
  report_id uuid primary key,
  line_id bigint not null references order_line,
  bin text not null,
  kind text not null check (kind in ('print', 'reprint')),
  code_count integer not null check (code_count > 0),
  printed_at timestamptz not null,
  device text,
  reason text check (kind = 'print' or reason is not null),
  reported_at timestamptz not null,
  idempotency_key text,
  digest bytea not null,
  unique (bin, idempotency_key)
);
create index print_report_of_line on print_report (line_id, report_id);
