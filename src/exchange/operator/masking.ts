/** Bodies are shown to operators and pasted into tickets: whom they are about stays unsaid. */
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
// IIN and BIN. The last four digits stay, so that two of them can be told apart.
const TAXPAYER = '(?<!\\d)\\d{8}(?=\\d{4}(?!\\d))';
const PHONE = '(?<![\\d+])(?:\\+\\d(?:[ ().-]{0,2}\\d){8,13}|[78][ (-]{0,2}7(?:[ ().-]{0,2}\\d){9})(?!\\d)';
// The lengths are bounded, so that no text makes the search slow.
const MAIL = '[\\p{L}\\p{N}._%+-]{1,64}@(?=[\\p{L}\\p{N}-]{1,63}\\.)';

// A UUID is met first and left as it is: the end of one may be twelve digits.
const PERSONAL = new RegExp([UUID, TAXPAYER, PHONE, MAIL].join('|'), 'giu');
const WHOLE_UUID = new RegExp(`^${UUID}$`, 'i');

export function maskText(text: string): string {
  return text.replace(PERSONAL, (found) => {
    if (found.endsWith('@')) return '***@';
    if (/^\d{8}$/.test(found)) return '********';
    return WHOLE_UUID.test(found) ? found : '***';
  });
}

/** Every text in it, names included; a number that is masked becomes a text. */
export function maskJson(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'number') {
    const text = String(value);
    const masked = maskText(text);
    return masked === text ? value : masked;
  }
  if (Array.isArray(value)) return value.map(maskJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [maskText(name), maskJson(member)]));
}

const SECRET_NAME = /secret|password|passphrase|token|credential|private|api_?key|authorization/i;

/** Settings as they are shown and audited. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, SECRET_NAME.test(name) ? '***' : maskSecrets(member)]),
  );
}

/** What is cut off must not be half of what would have been recognised. */
const LAST_WORD = /[^\s"]{1,100}$/;

/** The beginning of a body as text, masked before it is cut. */
export function maskedExcerpt(body: Buffer, bytesMax: number): string {
  const looked = body.subarray(0, 2 * bytesMax);
  const text = looked.toString('utf8');
  const masked = Buffer.from(maskText(looked.length < body.length ? text.replace(LAST_WORD, '') : text));
  if (body.length <= bytesMax && masked.length <= bytesMax) return masked.toString('utf8');
  return `${masked
    .subarray(0, bytesMax)
    .toString('utf8')
    .replace(/\ufffd+$/, '')}…`;
}
