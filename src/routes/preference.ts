/**
 * Of what is offered, what an Accept or Accept-Language header likes best (RFC 9110, 12.5). What stands first wins
 * between equals, and where nothing offered is wanted: an answer that was not asked for says more than none.
 */
export function preferred<T extends string>(header: string | undefined, offered: readonly [T, ...T[]]): T {
  const ranges = rangesOf(header ?? '*');
  return offered.reduce((best, one) => (weightOf(one, ranges) > weightOf(best, ranges) ? one : best));
}

interface Range {
  readonly name: string;
  readonly weight: number;
}

function rangesOf(header: string): readonly Range[] {
  return header.split(',').map((part) => {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice('q='.length);
    return { name, weight: weight === undefined ? 1 : Number(weight) || 0 };
  });
}

/** By the range that fits most exactly: `application/pdf;q=0, *` wants anything but PDF. */
function weightOf(offered: string, ranges: readonly Range[]): number {
  const fitting = ranges.filter(({ name }) => fits(offered, name));
  const closest = Math.max(...fitting.map(({ name }) => exactness(name)));
  return Math.max(0, ...fitting.filter(({ name }) => exactness(name) === closest).map(({ weight }) => weight));
}

function fits(offered: string, range: string): boolean {
  if (range === '*' || range === '*/*') return true;
  if (range.endsWith('/*')) return offered.startsWith(range.slice(0, -1));
  return range === offered || range.startsWith(`${offered}-`);
}

function exactness(range: string): number {
  if (range === '*' || range === '*/*') return 0;
  return range.endsWith('/*') ? 1 : 2;
}
