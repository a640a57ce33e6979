import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { CodeSearchFilter, codeFilterOf } from '../codes/code-filter.ts';
import { DocumentSearch, documentFilterOf } from '../documents/document-filter.ts';
import { EXPORT_FORMATS, type ExportList } from './columns.ts';
import type { RowsWanted } from './row-source.ts';
import { TransferSearch, transferFilterOf } from './transfer-rows.ts';

const FORM = {
  format: Type.Enum([...EXPORT_FORMATS]),
  language: Type.Optional(Type.Enum(['kk', 'ru', 'en'], { description: 'Of the column titles.' })),
};

/** A request for an export, as it comes. */
export const ExportRequest = Type.Union([
  Type.Object(
    { list: Type.Literal('documents'), filter: Type.Optional(DocumentSearch), ...FORM },
    { additionalProperties: false },
  ),
  Type.Object({ list: Type.Literal('codes'), filter: CodeSearchFilter, ...FORM }, { additionalProperties: false }),
  Type.Object(
    { list: Type.Literal('transfers'), filter: Type.Optional(TransferSearch), ...FORM },
    { additionalProperties: false },
  ),
]);
export type ExportRequest = Static<typeof ExportRequest>;

/** What a request asks for. @throws TanbaError request.invalid, codes.search_by_one */
export function wantedOf(list: ExportList, filter: Readonly<Record<string, unknown>>): RowsWanted {
  if (list === 'documents' && Check(DocumentSearch, filter)) {
    return { list, filter: documentFilterOf(filter, '/filter') };
  }
  if (list === 'codes' && Check(CodeSearchFilter, filter)) return { list, filter: codeFilterOf(filter, '/filter') };
  if (list === 'transfers' && Check(TransferSearch, filter)) {
    return { list, filter: transferFilterOf(filter, '/filter') };
  }
  throw new TypeError(`a kept export of ${list} has a filter that is none`);
}
