import { ssccProblem } from '../codes/gs1.ts';

/** The cis of an SSCC written as 18 digits or with its AI 00; undefined when it is none. */
export function cisOfSscc(text: string): string | undefined {
  const digits = text.length === 20 && text.startsWith('00') ? text.slice(2) : text;
  return ssccProblem(digits) === undefined ? `00${digits}` : undefined;
}
