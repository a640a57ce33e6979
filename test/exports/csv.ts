/** Reads RFC 4180 back, as a spreadsheet does. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quoted && char === '"' && text.charAt(at + 1) === '"') {
      cell += '"';
      at += 1;
    } else if (char === '"') {
      quoted = !quoted;
    } else if (!quoted && char === ',') {
      row.push(cell);
      cell = '';
    } else if (!quoted && char === '\r' && text.charAt(at + 1) === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
      at += 1;
    } else {
      cell += char;
    }
  }
  if (quoted || cell !== '' || row.length > 0) throw new Error('the text ends in the middle of a row');
  return rows;
}

/** The rows of a file, the titles first. */
export function rowsOf(file: Buffer): string[][] {
  return parseCsv(file.toString('utf8').replace(/^\ufeff/, ''));
}

/** The first cell of each row behind the titles. */
export function firstCells(file: Buffer): (string | undefined)[] {
  return rowsOf(file)
    .slice(1)
    .map(([cell]) => cell);
}
