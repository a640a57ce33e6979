-- Which code took the place of which: cis is the old one, gone for good from then on. One old code, one new code.
create table code_remark (
  document_id uuid not null,
  new_cis text collate "C" not null,
  cis text collate "C" primary key
);
create index code_remark_by_new on code_remark (new_cis);
