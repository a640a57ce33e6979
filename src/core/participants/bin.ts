/**
 * The operator's technical number: the actor of what the system does by law without anybody's document, such as the
 * annulment of unused codes. Its check digit would be right; it is no participant's number all the same.
 */
export const SYSTEM_ACTOR = '000000000000';

const FIRST_WEIGHTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const;
const SECOND_WEIGHTS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2] as const;

/** The check digit of a BIN; an IIN, under which a sole trader sells, has the same (decree 406 of 22.05.2007). */
export function isValidBin(bin: string): boolean {
  if (!/^[0-9]{12}$/.test(bin) || bin === SYSTEM_ACTOR) return false;
  const first = weightedSum(bin, FIRST_WEIGHTS) % 11;
  // A remainder of 10 twice over is never issued; compared with one digit it is false by itself.
  const check = first === 10 ? weightedSum(bin, SECOND_WEIGHTS) % 11 : first;
  return check === Number(bin[11]);
}

function weightedSum(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, position) => sum + weight * Number(digits[position]), 0);
}

export type NumberKind = 'legal_entity' | 'individual';

// Year and month of registration, then the kind of organisation: resident, non-resident, joint enterprise.
const LEGAL_ENTITY = /^[0-9]{2}(0[1-9]|1[0-2])[456][0-9]{7}$/;
// Date of birth, then century and sex: the tens of a day are 0 to 3, so no number is of both kinds.
const INDIVIDUAL = /^([0-9]{2})([0-9]{2})([0-9]{2})([1-6])[0-9]{5}$/;
const CENTURIES = [1_800, 1_900, 2_000] as const;

/** Whose number it can be by its form; null: neither a BIN nor an IIN. The check digit is not looked at. */
export function kindOfNumber(bin: string): NumberKind | null {
  if (LEGAL_ENTITY.test(bin)) return 'legal_entity';
  const [, year, month, day, centuryAndSex] = INDIVIDUAL.exec(bin) ?? [];
  if (centuryAndSex === undefined) return null;
  const century = CENTURIES[Math.floor((Number(centuryAndSex) - 1) / 2)] ?? 0;
  return isDay(century + Number(year), Number(month), Number(day)) ? 'individual' : null;
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
