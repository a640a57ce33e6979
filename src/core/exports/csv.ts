/** So that a spreadsheet reads Cyrillic as what it is. */
export const BYTE_ORDER_MARK = '\ufeff';

const NEEDS_QUOTES = /[",\r\n]/;
/** What a spreadsheet takes for a formula, or for the way to one. */
const STARTS_FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180. A cell that a spreadsheet would run as a formula is made plain text by an apostrophe before it. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: string): string {
  const harmless = STARTS_FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
