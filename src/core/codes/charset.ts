/** ASCII 29: ends a field of variable length in a GS1 element string (FNC1 inside the symbol). */
export const GS = '\u001d';

/** GS1 General Specifications, figure 7.11-1: the 82 characters of serials, keys and verification codes. */
export const CSET_82 = '!"%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

const IN_CSET_82: Readonly<Uint8Array> = Uint8Array.from({ length: 128 }, (_, ascii) =>
  CSET_82.includes(String.fromCharCode(ascii)) ? 1 : 0,
);

export function isCset82(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (IN_CSET_82[text.charCodeAt(i)] !== 1) return false;
  }
  return true;
}

const DIGIT_0 = 48;
const DIGIT_9 = 57;

export function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const ascii = text.charCodeAt(i);
    if (ascii < DIGIT_0 || ascii > DIGIT_9) return false;
  }
  return true;
}

/** The last digit of a GTIN or SSCC: weights 3 and 1 from the right, modulo 10. Expects digits only. */
export function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, weight = 1; i >= 0; i -= 1, weight = 4 - weight) {
    sum += weight * (digits.charCodeAt(i) - DIGIT_0);
  }
  return sum % 10 === 0;
}

/** The digits with the check digit that `hasCheckDigit` asks for. */
export function withCheckDigit(digits: string): string {
  let sum = 0;
  for (let i = digits.length - 1, weight = 3; i >= 0; i -= 1, weight = 4 - weight) {
    sum += weight * (digits.charCodeAt(i) - DIGIT_0);
  }
  return digits + String((10 - (sum % 10)) % 10);
}
