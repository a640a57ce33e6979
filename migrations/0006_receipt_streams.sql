-- How far an operator's numbered receipts have come: after a broken connection it goes on behind the last one.
create table receipt_stream (
  bin text not null references participant,
  stream text collate "C" not null,
  last_sequence bigint not null,
  changed_at timestamptz not null,
  primary key (bin, stream)
) with (fillfactor = 50);
