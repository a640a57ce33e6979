-- One's own documents, newest first: ids grow with time, so every list is one walk down an index.
create index document_of_sender on document (bin, document_id);
create index document_of_kind on document (bin, kind, document_id);
-- Nearly all are accepted: those are walked in document_of_sender. What waits is in document_waiting.
create index document_without_effect on document (bin, status, document_id) where status in ('rejected', 'failed');
create index document_by_number on document (bin, (header ->> 'number'), document_id)
  where header ->> 'number' is not null;
create index document_by_receiver on document (bin, (header ->> 'receiver'), document_id)
  where header ->> 'receiver' is not null;

create index transfer_between on transfer (sender, receiver, shipment_id);
create index transfer_number_sent on transfer (sender, number, shipment_id);
create index transfer_number_received on transfer (receiver, number, shipment_id);

-- Which goods an accepted document was about, for its sender and, of a shipment, for its receiver. Grows with documents,
-- not with codes.
create table document_gtin (
  document_id uuid not null,
  bin text not null,
  gtin text not null,
  primary key (bin, gtin, document_id)
);

insert into document_gtin (document_id, bin, gtin)
select distinct document.document_id, document.bin, substr(code_history.cis, 3, 14)
  from code_history join document using (document_id)
 where code_history.cis >= '01';
insert into document_gtin (document_id, bin, gtin)
select document_gtin.document_id, transfer.receiver, document_gtin.gtin
  from document_gtin join transfer on transfer.shipment_id = document_gtin.document_id
on conflict do nothing;

-- Lists written to files by a worker. fence: the attempt that may write; lease_until: how long its hub counts as alive.
create table export_task (
  export_id uuid primary key,
  bin text not null references participant,
  ip inet,
  list text not null check (list in ('documents', 'codes', 'transfers')),
  filter jsonb not null,
  format text not null check (format in ('csv', 'xlsx')),
  language text not null check (language in ('kk', 'ru', 'en')),
  status text not null check (status in ('waiting', 'running', 'ready', 'failed', 'expired')),
  reason text,
  reason_details jsonb,
  rows integer not null default 0,
  total integer,
  parts integer not null default 0,
  bytes bigint not null default 0,
  attempts integer not null default 0,
  fence integer not null default 0,
  lease_until timestamptz,
  created_at timestamptz not null,
  started_at timestamptz,
  completed_at timestamptz,
  expires_at timestamptz,
  check ((status = 'failed') = (reason is not null)),
  check ((status = 'running') = (lease_until is not null))
);
create index export_task_of_participant on export_task (bin, export_id);
create index export_task_open on export_task (export_id) where status in ('waiting', 'running');
create index export_task_expiring on export_task (expires_at) where expires_at is not null;

-- The file in parts of at most 1 MiB: hubs share nothing but the store.
create table export_part (
  export_id uuid not null references export_task,
  part_no integer not null,
  body bytea not null,
  primary key (export_id, part_no)
);
