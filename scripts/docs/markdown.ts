/** A Markdown table; cells may hold anything but line breaks. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(heading), `|${heading.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function codes(texts: readonly string[]): string {
  return texts.map(code).join(', ');
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** Puts each generated part between its marks: `<!-- made: name -->` … `<!-- end: name -->`. */
export function withParts(page: string, parts: ReadonlyMap<string, () => string>): string {
  return page.replace(
    /(<!-- made: ([a-z-]+) -->)[\s\S]*?(<!-- end: \2 -->)/g,
    (_whole, start: string, name: string, end: string) => {
      const make = parts.get(name);
      if (make === undefined) throw new Error(`nothing makes the part "${name}"`);
      return `${start}\n\n${make()}\n\n${end}`;
    },
  );
}
