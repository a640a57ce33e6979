-- The exchange: what leaves the hub and what comes in, so that nothing accepted is ever lost. PostgreSQL is the truth;
-- RabbitMQ and BullMQ carry hints which delivery to look at, and may be wiped at any moment.
--
-- Distribution (Citus): outbox, message and inbox by bucket; partner tables are reference tables; delivery, attempt,
-- work items and jobs stay on the coordinator. No triggers, no foreign keys on what grows with messages.

-- Raised after a restore: carriers of an older epoch are acknowledged unseen.
alter table instance add column exchange_epoch integer not null default 1;

-- W3C traceparent of the request, handed on to the messages about it.
alter table document add column trace text;
alter table code_order add column trace text;

-- seq is drawn while the object's row is locked: of two messages about one object, the later committed has the higher.
-- A sequence of its own, because identity columns of partitioned tables came with PostgreSQL 17 only.
create sequence outbox_seq;
alter table outbox add column seq bigint not null default nextval('outbox_seq');
alter table outbox add column bin text not null default '';
-- What it is about, "kind:value", for search and for ordered lanes; the first key is the object.
alter table outbox add column keys text[] not null default '{}';
alter table outbox add column trace text;
drop index outbox_unsent;
create index outbox_unsent on outbox (seq) where sent_at is null;

-- An outside party. settings belong to its adapter; policy holds only what differs from the adapter's defaults.
create table partner (
  partner_id text primary key check (partner_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  adapter text not null,
  -- The participant whose own system it is: it gets messages about this participant only. Null: of the operator.
  bin text references participant,
  name text not null,
  -- Topics it takes; a last part "*" takes the rest: document.*, *.
  topics text[] not null,
  settings jsonb not null default '{}',
  policy jsonb not null default '{}',
  -- The kill switch.
  switched_off boolean not null default false,
  switch_reason text,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  removed_at timestamptz
);
create index partner_by_bin on partner (bin);
create index partner_changed on partner (changed_at);

-- Secrets shared with a partner, sealed with the master key. Several are valid while one replaces the other.
create table partner_secret (
  partner_id text not null references partner,
  secret_id text not null,
  sealed bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (partner_id, secret_id)
);

-- The common knowledge of all workers about a partner: breaker, rate, quota, and since when its queue is building up.
create table partner_gate (
  partner_id text primary key references partner,
  breaker text not null default 'closed' check (breaker in ('closed', 'open', 'half_open')),
  breaker_until timestamptz,
  trips integer not null default 0,
  window_start timestamptz,
  window_succeeded integer not null default 0,
  window_failed integer not null default 0,
  tokens double precision,
  tokens_at timestamptz,
  quota_day date,
  quota_used integer not null default 0,
  building_since timestamptz
) with (fillfactor = 50);

create type message_direction as enum ('outbound', 'inbound');

-- Written once; only the body goes by retention, the digest stays. inbound: message_id is ours, the partner's own id
-- stands in the inbox.
create table message (
  created_at timestamptz not null,
  message_id uuid not null,
  bucket smallint not null,
  direction message_direction not null,
  topic text not null,
  bin text not null,
  partner_id text,
  trace text not null,
  digest bytea not null,
  body bytea,
  primary key (message_id, created_at, bucket)
) partition by range (created_at);
create table message_default partition of message default;
-- For the removal of bodies whose time is over.
create index message_with_body on message (message_id) where direction = 'outbound' and body is not null;
create index message_by_trace on message (split_part(trace, '-', 2), created_at);
create index message_inbound on message (partner_id, created_at, message_id) where direction = 'inbound';

create table message_key (
  created_at timestamptz not null,
  message_id uuid not null,
  bucket smallint not null,
  key text collate "C" not null,
  primary key (key, created_at, message_id, bucket)
) partition by range (created_at);
create table message_key_default partition of message_key default;
-- For the keys of a message that was found by one of them.
create index message_key_of_message on message_key (message_id);

create type delivery_state as enum ('queued', 'waiting', 'sending', 'uncertain', 'parked', 'delivered', 'cancelled');

-- One message to one partner. The states are told in src/exchange/delivery-states.ts. This row is the gate: a carrier
-- says only which delivery to look at.
create table delivery (
  delivery_id uuid primary key,
  message_id uuid not null,
  message_at timestamptz not null,
  partner_id text not null,
  topic text not null,
  state delivery_state not null,
  -- Those behind it in its lane wait.
  unfinished boolean not null generated always as (state not in ('delivered', 'cancelled')) stored,
  -- Ordered: one at a time, by position. Null: as it comes.
  lane text,
  position bigint generated always as identity,
  attempts integer not null default 0,
  -- Leases lost with their worker: a budget of its own.
  losses integer not null default 0,
  replays integer not null default 0,
  due_at timestamptz not null,
  -- Why it waits, in a word.
  held_by text,
  carrier integer not null default 0,
  carried_until timestamptz,
  fence integer not null default 0,
  lease_until timestamptz,
  outcome text,
  reason text,
  created_at timestamptz not null,
  finished_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_digest bytea
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- Three small indexes, so that nobody looks through a backlog: what nobody carries, what somebody does, what is leased.
create index delivery_due on delivery (partner_id, due_at, position)
  where state in ('waiting', 'uncertain') and carried_until is null;
create index delivery_carried on delivery (partner_id, carried_until)
  where state in ('waiting', 'uncertain') and carried_until is not null;
create index delivery_sending on delivery (partner_id, lease_until) where state = 'sending';
create index delivery_lane on delivery (partner_id, lane, position) where unfinished and lane is not null;
create index delivery_standing on delivery (state, partner_id, created_at) where state in ('queued', 'parked');
create index delivery_of_message on delivery (message_id);
-- What did we tell this partner, newest first; none of it ever changes.
create index delivery_of_partner on delivery (partner_id, message_at, message_id);
create index delivery_finished on delivery (partner_id, finished_at) where not unfinished;

-- Every attempt: when, what was sent, what came back, both masked.
create table attempt (
  started_at timestamptz not null,
  ended_at timestamptz not null,
  delivery_id uuid not null,
  number integer not null,
  outcome text not null,
  code text not null,
  sent jsonb not null,
  answer jsonb,
  primary key (delivery_id, started_at, number)
) partition by range (started_at);
create table attempt_default partition of attempt default;

-- What a partner sent us: its id and body once, the same answer ever after. Written with the effect.
create table inbox (
  received_at timestamptz not null,
  bucket smallint not null,
  partner_id text not null,
  partner_message_id text collate "C" not null,
  message_id uuid not null,
  kind text not null,
  digest bytea not null,
  -- json, not jsonb: answered again byte for byte.
  answer json not null,
  primary key (partner_id, partner_message_id, bucket)
);

-- A partner's own list of what it got on a day.
create table partner_report (
  day date not null,
  partner_id text not null references partner,
  message_id uuid not null,
  digest bytea,
  reported_at timestamptz not null,
  primary key (partner_id, day, message_id)
);

-- What somebody has to look into; closed with a word why.
create table work_item (
  work_item_id uuid primary key,
  kind text not null,
  partner_id text not null references partner,
  day date not null,
  message_id uuid,
  details jsonb not null default '{}',
  opened_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by text,
  resolution text,
  unique nulls not distinct (kind, partner_id, day, message_id)
);
create index work_item_open on work_item (opened_at) where resolved_at is null;

create table job (
  name text primary key,
  schedule text not null,
  time_zone text not null,
  next_run timestamptz not null,
  -- Asked for by an operator: due at once.
  requested_by text,
  lease_until timestamptz,
  fence integer not null default 0
);

create table job_run (
  run_id uuid primary key,
  name text not null references job,
  started_at timestamptz not null,
  ended_at timestamptz,
  outcome text not null check (outcome in ('running', 'succeeded', 'failed', 'lost')),
  requested_by text,
  details jsonb not null default '{}'
);
create index job_run_by_name on job_run (name, started_at desc);
