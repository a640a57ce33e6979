import { storableText } from '../../core/storable.ts';

/** What is kept of an attempt is read by operators and pasted into tickets: no secrets, no personal data. */
const EXCERPT_BYTES = 1_024;
/** More is masked than is shown, and the last word of it left out: nothing is cut before it is recognised. */
const LOOKED_AT_BYTES = 2 * EXCERPT_BYTES;
const LAST_WORD = /[\w,+/=@.%-]{1,100}$/;

const MASKS: readonly (readonly [RegExp, string])[] = [
  // Some receivers repeat in their answers what they were sent.
  [/v1,[A-Za-z0-9+/]{43}=/g, 'v1,***'],
  [/whsec_[A-Za-z0-9+/=_-]*/g, 'whsec_***'],
  // IIN and BIN: twelve digits.
  [/(?<!\d)\d{8}(?=\d{4}(?!\d))/g, '********'],
  // The lengths are bounded, so that no text makes the search slow.
  [/[\p{L}\p{N}._%+-]{1,64}@(?=[\p{L}\p{N}-]{1,63}\.)/gu, '***@'],
];

export function maskText(text: string): string {
  return MASKS.reduce((masked, [pattern, mask]) => masked.replace(pattern, mask), storableText(text));
}

/** The beginning of an answer. */
export function excerptOf(body: Buffer): string {
  if (body.length === 0) return '';
  const text = textOf(body, LOOKED_AT_BYTES);
  const masked = maskText(body.length > LOOKED_AT_BYTES ? text.replace(LAST_WORD, '') : text);
  return textOf(Buffer.from(masked), EXCERPT_BYTES);
}

/** Where a URL leads; of its query only the names, since tokens are often put there. */
export function maskUrl(url: URL): string {
  const names = [...new Set(url.searchParams.keys())].map((name) => `${encodeURIComponent(name)}=***`);
  return maskText(`${url.protocol}//${url.host}${url.pathname}${names.length === 0 ? '' : `?${names.join('&')}`}`);
}

/** A character that is cut in two is left out. */
function textOf(bytes: Buffer, limit: number): string {
  const text = bytes.subarray(0, limit).toString('utf8');
  return bytes.length > limit ? text.replace(/\ufffd+$/, '') : text;
}
