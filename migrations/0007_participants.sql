-- Participants of circulation (R8): applications to be registered, the register's history, places of business, contacts.

alter table participant add column legal_address text;
-- Region by the classifier of administrative and territorial objects.
alter table participant add column kato text check (kato ~ '^[0-9]{9}$');

-- contact: { person, phone, email }; it moves into participant_contact with approval and goes with withdrawal.
-- Of the applicant's secret and of the key only that they were given is known.
create table participant_application (
  application_id uuid primary key,
  bin text not null check (bin ~ '^[0-9]{12}$'),
  name text not null,
  role participant_role not null check (role not in ('operator', 'authority')),
  legal_address text not null,
  kato text not null check (kato ~ '^[0-9]{9}$'),
  contact jsonb,
  status text not null check (status in ('waiting', 'approved', 'refused', 'withdrawn')),
  applied_at timestamptz not null,
  answer_due_at timestamptz not null,
  decided_at timestamptz,
  decided_by text references participant,
  reason text,
  ip inet,
  secret_hash bytea not null,
  key_issued_at timestamptz
);
create unique index participant_application_waiting on participant_application (bin) where status = 'waiting';
create index participant_application_by_status on participant_application (status, application_id);

-- Append-only. actor null: a command on the server.
create table participant_event (
  event_id bigint generated always as identity primary key,
  bin text not null references participant,
  at timestamptz not null,
  event text not null,
  actor text,
  reason text,
  details jsonb not null default '{}'
);
create index participant_event_by_bin on participant_event (bin, event_id);

-- Participants of before have a beginning too, but for the placeholders of a recovery, which nobody has registered yet.
insert into participant_event (bin, at, event, details)
select bin, registered_at, 'registered', jsonb_build_object('role', role)
  from participant
 where active or name <> bin
 order by registered_at;

create table participant_contact (
  bin text primary key references participant,
  person text not null,
  phone text not null,
  email text not null,
  changed_at timestamptz not null
);

create table business_place (
  place_id uuid primary key,
  bin text not null references participant,
  name text not null,
  kato text not null check (kato ~ '^[0-9]{9}$'),
  address text not null,
  kind text not null check (kind in ('production', 'storage', 'retail', 'office')),
  active boolean not null default true,
  created_at timestamptz not null,
  closed_at timestamptz
);
create index business_place_by_bin on business_place (bin, place_id);
