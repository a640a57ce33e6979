import type { Database } from '../../store/database.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { DocumentRow } from './document-store.ts';
import { findDocument } from './document-store.ts';

/** Who asks, and how much they may see: their own documents, or (authorities, the operator) everybody's. */
export interface DocumentAsker {
  readonly bin: string;
  readonly seesEverything: boolean;
  readonly ip: string;
}

/**
 * Another participant's document does not exist for whoever may not see it. Seeing it is an authority's right, and
 * leaves its trace.
 * @throws TanbaError documents.not_found
 */
export async function visibleDocument(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  asker: DocumentAsker,
  documentId: string,
): Promise<DocumentRow> {
  const document = await findDocument(db, documentId);
  if (document === null || (document.bin !== asker.bin && !asker.seesEverything)) {
    throw new TanbaError('documents.not_found');
  }
  if (document.bin !== asker.bin) {
    await writeAudit(db, {
      at: clock.now(),
      bin: asker.bin,
      ip: asker.ip,
      action: 'document.disclosed',
      subject: documentId,
      details: { ground: 'role', of: document.bin },
    });
  }
  return document;
}
