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

const IS_RECEIVER = `select 1 from transfer where shipment_id = $1 and receiver = $2`;

/**
 * Another participant's document does not exist for whoever may not see it. The receiver of a shipment sees its document. Seeing it is an authority's right, and
 * leaves its trace.
 * @throws TanbaError documents.not_found
 */
export async function visibleDocument(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  asker: DocumentAsker,
  documentId: string,
): Promise<DocumentRow> {
  const document = await findDocument(db, documentId);
  if (document === null) throw new TanbaError('documents.not_found');
  if (document.bin !== asker.bin && !asker.seesEverything) {
    const { rowCount } = await db.query(IS_RECEIVER, [documentId, asker.bin]);
    if (rowCount === 0) throw new TanbaError('documents.not_found');
    return document;
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
