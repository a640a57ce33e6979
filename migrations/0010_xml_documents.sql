-- A document may come in XML too; its raw form says so.
alter table document drop constraint document_format_check;
alter table document add constraint document_format_check check (format in ('json', 'ndjson', 'xml'));
