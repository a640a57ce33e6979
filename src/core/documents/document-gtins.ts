import type { Transaction } from '../../store/database.ts';
import type { DocumentRow } from './document-store.ts';

// A shipment is found by its receiver as well.
const NOTE_GTINS = `
insert into document_gtin (document_id, bin, gtin)
select $1, party.bin, goods.gtin
  from unnest($3::text[]) as goods(gtin)
 cross join (select $2 as bin union select receiver from transfer where shipment_id = $1) as party
on conflict do nothing`;

/**
 * Notes which goods an applied document was about, so that it is found by them: those of its codes, and those that its
 * accompanying lines name, which is all that is told of the content of a package.
 */
export async function noteGtins(tx: Transaction, document: DocumentRow, ofCodes: readonly string[]): Promise<void> {
  const gtins = [...new Set([...ofCodes, ...gtinsOfLines(document.header['goods'])])];
  if (gtins.length === 0) return;
  await tx.query({ name: 'note_gtins', text: NOTE_GTINS, values: [document.documentId, document.bin, gtins] });
}

function gtinsOfLines(goods: unknown): string[] {
  if (!Array.isArray(goods)) return [];
  return goods.flatMap((line: unknown) =>
    typeof line === 'object' && line !== null && 'gtin' in line && typeof line.gtin === 'string' ? [line.gtin] : [],
  );
}
