import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Static, TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';

/** Takes one fault of a file; all of them are told together. */
export type Report = (problem: string) => void;

export function pathOf(folder: string | URL): string {
  return folder instanceof URL ? fileURLToPath(folder) : folder;
}

/** The JSON files of a folder, by name, with their text; what cannot be read is reported and left out. */
export function readJsonFiles(
  folder: string,
  reportOf: (file: string) => Report,
): { readonly file: string; readonly value: unknown; readonly report: Report }[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) => {
      const report = reportOf(file);
      const value = readJson(join(folder, file), report);
      return value === undefined ? [] : [{ file, value, report }];
    });
}

function readJson(path: string, report: Report): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return value;
  } catch (error) {
    report(String(error));
    return undefined;
  }
}

export function conforms<T extends TSchema>(schema: T, value: unknown, report: Report): value is Static<T> {
  if (Check(schema, value)) return true;
  for (const { instancePath, message } of Errors(schema, value)) report(`${instancePath || '/'} ${message}`);
  return false;
}

/** The form of the time from which a version holds. */
export const EFFECTIVE_FROM = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[+-]\\d\\d:\\d\\d$';

/** Reports a time that there is not, and one that is not after the version before. */
export function effectiveDate(text: string, previous: Date | undefined, report: Report): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()) || !isCalendarDay(text.slice(0, 10))) report(`${text} is no date`);
  if (previous !== undefined && previous >= date) report('its versions are not in order of time');
  return date;
}

/** JavaScript takes 30 February for 2 March. */
function isCalendarDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
