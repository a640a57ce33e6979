import { AUTHORITY } from './kinds/authority.ts';
import { DELIVERY } from './kinds/delivery.ts';
import type { KindRules } from './kinds/form.ts';
import { LEAVING } from './kinds/leaving.ts';
import { MAKING } from './kinds/making.ts';
import { PACKING } from './kinds/packing.ts';
import { REMARKING } from './kinds/remarking.ts';

export type { DocumentHeader, DocumentRule, KindRules } from './kinds/form.ts';
export { RETURN_REASONS, WITHDRAWAL_REASONS, WRITE_OFF_REASONS } from './kinds/leaving.ts';

const ALL = { ...MAKING, ...PACKING, ...LEAVING, ...REMARKING, ...DELIVERY, ...AUTHORITY };
export type DocumentKind = keyof typeof ALL;

/** Every kind of document, as data. A new kind is a row in one of the files of `kinds/` and an effect in `effects.ts`. */
export const KINDS: Readonly<Record<DocumentKind, KindRules>> = ALL;

export function isDocumentKind(value: unknown): value is DocumentKind {
  return typeof value === 'string' && Object.hasOwn(ALL, value);
}

export const DOCUMENT_KINDS: readonly DocumentKind[] = Object.keys(ALL).filter(isDocumentKind);
