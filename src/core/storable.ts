const UNSTORABLE = /\0|\p{Surrogate}/gu;

/** What jsonb cannot hold (NUL, halves of characters) shows as U+FFFD; the raw document keeps what was sent. */
export function storableText(text: string): string {
  return text.replace(UNSTORABLE, '\ufffd');
}
