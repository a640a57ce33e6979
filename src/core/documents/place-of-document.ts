import type { Queryable } from '../../store/database.ts';
import type { Problem } from '../errors.ts';
import { problem, textOf } from './kinds/form.ts';
import type { DocumentHeader } from './kinds.ts';

const OWN_OPEN_PLACE = `select from business_place where place_id = $1 and bin = $2 and active`;

/** A document happens at an open place of its sender's, where it names one. */
export async function placeProblems(db: Queryable, header: DocumentHeader, sender: string): Promise<Problem[]> {
  const placeId = textOf(header, 'placeId');
  if (placeId === null) return [];
  const { rowCount } = await db.query(OWN_OPEN_PLACE, [placeId, sender]);
  return rowCount === 0 ? [problem('documents.place_unknown', '/body/placeId')] : [];
}
