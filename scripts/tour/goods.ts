import { randomInt } from 'node:crypto';

/** Separates the parts of a printed code. */
export const GS = '\u001d';

/** What every code begins with: 01 GTIN 21 serial, without what proves it. */
export function cisOf(code: string): string {
  return code.slice(0, code.indexOf(GS));
}

/** A new SSCC: extension digit, a company prefix of the demo, a random serial reference, the check digit. */
export function freshSscc(): string {
  const digits = `3487000${String(randomInt(10 ** 10)).padStart(10, '0')}`;
  return `${digits}${checkDigit(digits)}`;
}

/** GS1 modulo 10: weights 3 and 1 from the right. */
function checkDigit(digits: string): number {
  const sum = [...digits].reverse().reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10;
}

/** The same code with one character of its verification code exchanged. */
export function withForgedTail(code: string): string {
  const at = code.lastIndexOf(`${GS}92`) + 3;
  return `${code.slice(0, at)}${code[at] === 'A' ? 'B' : 'A'}${code.slice(at + 1)}`;
}

/** A serial that nobody has ordered, with the verification code of a real one. */
export function withInventedSerial(code: string): string {
  const serialAt = '01'.length + 14 + '21'.length;
  const length = code.indexOf(GS) - serialAt;
  const serial = Array.from({ length }, () => randomInt(10)).join('');
  return `${code.slice(0, serialAt)}${serial}${code.slice(serialAt + length)}`;
}

/** How a DataMatrix scanner gives it: symbology identifier, then the data. */
export function asScanned(code: string): string {
  return `]d2${code}`;
}

/** The same code as a web address: GS1 Digital Link. */
export function asDigitalLink(code: string): string {
  const [cis = '', key = '', signature = ''] = code.split(GS);
  const part = (text: string, from: number, to?: number): string => encodeURIComponent(text.slice(from, to));
  return `https://example.kz/01/${part(cis, 2, 16)}/21/${part(cis, 18)}?91=${part(key, 2)}&92=${part(signature, 2)}`;
}

/** Fiscal signs of registers have digits only. */
export function fiscalSign(): string {
  return String(randomInt(10 ** 12)).padStart(12, '0');
}
