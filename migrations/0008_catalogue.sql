-- Goods cards: states, drafts under moderation, history, who may order codes, GTINs made by the system. Reference
-- tables, as product is: they grow with goods, not with codes.

-- version: one number per GTIN that counts the changes of draft and card alike, so that it never means two contents.
alter table product
  add column status text not null default 'published' check (status in ('published', 'blocked', 'archived')),
  add column version integer not null default 1 check (version > 0);
create index product_by_owner on product (owner_bin, gtin);

-- The working copy; the published card stays as it is until the draft is approved. answer_due_at: order 44-н/қ, p. 17.
create table product_draft (
  gtin text primary key check (gtin ~ '^[0-9]{14}$'),
  product_group text not null,
  owner_bin text not null references participant,
  card jsonb not null,
  status text not null check (status in ('draft', 'on_moderation', 'refused')),
  reason text,
  version integer not null check (version > 0),
  created_at timestamptz not null,
  changed_at timestamptz not null,
  submitted_at timestamptz,
  answer_due_at timestamptz,
  decided_at timestamptz,
  decided_by text references participant,
  check ((status = 'draft') = (submitted_at is null)),
  check ((status = 'draft') = (answer_due_at is null)),
  check ((status = 'refused') = (decided_at is not null)),
  check ((status = 'refused') = (reason is not null))
);
create index product_draft_by_owner on product_draft (owner_bin, gtin);
create index product_draft_on_moderation on product_draft (gtin) where status = 'on_moderation';

-- Append-only. card: where the event brought one. actor: null for a command on the server.
create table product_event (
  event_id bigint generated always as identity primary key,
  gtin text not null,
  at timestamptz not null,
  event text not null,
  actor text,
  version integer not null,
  reason text,
  card jsonb
);
create index product_event_by_gtin on product_event (gtin, event_id);

-- Participants who may order codes besides the owner; a withdrawn trust stays as history.
create table gtin_trust (
  gtin text not null,
  bin text not null references participant,
  granted_at timestamptz not null,
  revoked_at timestamptz check (revoked_at >= granted_at)
);
create unique index gtin_trust_in_force on gtin_trust (gtin, bin) where revoked_at is null;

-- For goods without a GTIN of GS1: '0', '29', ten digits of this sequence, check digit. A number is never drawn twice.
create sequence technical_gtin_number as bigint minvalue 0 maxvalue 9999999999 start 0 no cycle;
create table technical_gtin (
  gtin text primary key check (gtin ~ '^029[0-9]{11}$'),
  product_group text not null,
  owner_bin text not null references participant,
  issued_at timestamptz not null
);
