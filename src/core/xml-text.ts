const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A reader makes one space or newline of these where they stand bare.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

// What XML 1.0 has no way to write, not even as a reference: most control characters, two non-characters, halves.
const SPECIAL = /[&<>"'\t\n\r]|[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;

/** For text and attributes alike. What XML 1.0 forbids becomes six characters: GS is written `\u001d`. */
export function xmlText(value: string): string {
  return value.replace(
    SPECIAL,
    (character) => ENTITIES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
