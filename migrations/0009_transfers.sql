-- The other side of a delivery, where a step has one: the receiver of what was shipped, the sender of what was accepted.
alter table code_history add column counterparty text;

-- Goods under way from one participant to another. The document that shipped them names it. Neither side is a foreign
-- key: the receiver may register later.
create table transfer (
  shipment_id uuid primary key,
  sender text not null,
  receiver text not null,
  number text not null,
  shipped_at timestamptz not null,
  recorded_at timestamptz not null,
  -- The last moment in which acceptance is in time.
  accept_by timestamptz not null,
  status text not null check (status in ('awaiting_acceptance', 'accepted', 'accepted_in_part', 'refused', 'cancelled')),
  decided_at timestamptz,
  check ((status = 'awaiting_acceptance') = (decided_at is null))
);
create index transfer_by_sender on transfer (sender, shipment_id);
create index transfer_by_receiver on transfer (receiver, shipment_id);

-- What was shipped: the codes that the shipment names (a pallet is one line), and those that were decided on alone,
-- out of a package under way (line null). gone: it had left in another way when its turn came.
create table transfer_line (
  shipment_id uuid not null,
  line integer,
  outcome text not null check (outcome in ('awaiting', 'accepted', 'refused', 'cancelled', 'gone')),
  decided_by uuid,
  cis text collate "C" not null,
  primary key (cis, shipment_id)
) with (fillfactor = 80);
create index transfer_line_of_shipment on transfer_line (shipment_id, line);

-- An authority's blocks, by the document that made them. A code is blocked as long as one of them stands; then it has the
-- hold again that it had before the first.
create table code_block (
  blocking_id uuid not null,
  hold_before code_hold not null check (hold_before <> 'blocked'),
  released_by uuid,
  cis text collate "C" not null,
  primary key (cis, blocking_id)
);
create index code_block_standing on code_block (blocking_id, cis) where released_by is null;

-- Packages that had a blocked code somewhere inside when it was blocked. A hint: whether the code is still there and still
-- blocked is looked up. Packages around a blocked code never become more, since such a package cannot be packed.
create table blocked_inside (
  package text collate "C" not null,
  cis text collate "C" not null,
  primary key (package, cis)
);

-- What is not wrong enough to refuse a document: a deadline that it missed.
alter table document add column warnings jsonb;
