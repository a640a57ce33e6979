-- What was wrong about a receipt's codes, one row for each thing, written with the receipt. Append-only.
create table receipt_anomaly (
  recorded_at timestamptz not null,
  at timestamptz not null,
  anomaly_id uuid not null,
  receipt_id uuid not null,
  register_id text not null,
  kind text not null,
  -- The identification part, or what stood in its place where it is no code.
  cis text collate "C" not null,
  gtin text,
  seller text not null,
  -- At that moment; null where nobody is known.
  owner text,
  details jsonb not null default '{}',
  primary key (cis, anomaly_id, recorded_at)
) partition by range (recorded_at);
create table receipt_anomaly_default partition of receipt_anomaly default;
create index receipt_anomaly_all on receipt_anomaly (anomaly_id);
create index receipt_anomaly_by_seller on receipt_anomaly (seller, anomaly_id);
create index receipt_anomaly_by_owner on receipt_anomaly (owner, anomaly_id);
