/** Tells the story on a terminal, or as plain text into a file. */
export interface Teller {
  title(text: string): void;
  chapter(text: string): void;
  say(text: string): void;
  table(rows: readonly (readonly string[])[]): void;
  request(who: string, method: string, path: string, body: unknown): void;
  answer(status: number, body: unknown, show: readonly string[] | undefined): void;
  /** Time to read, where somebody is watching. */
  breath(): Promise<void>;
}

export interface TellerOptions {
  readonly write: (text: string) => void;
  readonly colour: boolean;
  readonly width: number;
  readonly pauseMs: number;
}

const STYLES = { bold: '1', dim: '2', cyan: '36', green: '32', yellow: '33' } as const;
const LIST_SHOWN = 2;
const TEXT_SHOWN = 72;
const INDENT = '     ';

export function createTeller({ write, colour, width, pauseMs }: TellerOptions): Teller {
  const styled = (style: keyof typeof STYLES, text: string): string =>
    colour ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  const line = (text = ''): void => write(`${text}\n`);
  const block = (text: string): string => wrap(text, width - INDENT.length).join(`\n${INDENT}`);

  return {
    title: (text) => line(styled('bold', text)),
    chapter: (text) => line(`\n${styled('bold', text)}\n${styled('dim', '─'.repeat(text.length))}`),
    say: (text) => line(`\n${wrap(text, width).join('\n')}`),
    table: (rows) => {
      const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
      for (const row of rows) line(`  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
    },
    request: (who, method, path, body) => {
      line(`  ${styled('cyan', '→')}  ${styled('bold', `${method} ${shortText(path, 140)}`)}  ${styled('dim', who)}`);
      if (body !== undefined) line(`${INDENT}${block(compact(body))}`);
    },
    answer: (status, body, show) => {
      const style = status < 400 ? 'green' : 'yellow';
      const text = compact(show === undefined ? body : only(body, show));
      line(`  ${styled(style, `←  ${status}`)}  ${block(text)}`);
    },
    breath: async () => {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    },
  };
}

/** `tanba_Ab…`: enough to tell keys apart, nothing to use. */
export function maskedKey(key: string): string {
  return `${key.slice(0, 8)}…`;
}

const LEFT_OUT = '…';

function only(body: unknown, show: readonly string[]): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const entries = Object.entries(body);
  const kept = entries.filter(([name]) => show.includes(name));
  return Object.fromEntries(kept.length < entries.length ? [...kept, [LEFT_OUT, LEFT_OUT]] : kept);
}

/** One line of JSON without quoted names; long lists and texts cut, the separator GS made visible. */
function compact(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortText(value.replaceAll('\u001d', '␝'), TEXT_SHOWN));
  if (Array.isArray(value)) {
    const more = value.length - LIST_SHOWN;
    const shown = value.slice(0, LIST_SHOWN).map(compact);
    return `[${[...shown, ...(more > 0 ? [`… ${more} more`] : [])].join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([name, inner]) =>
      name === LEFT_OUT ? name : `${name}: ${compact(inner)}`,
    );
    return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
  }
  return String(value);
}

function shortText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** At spaces; a word longer than the line stays whole. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}
