/** Kazakhstan has had one time zone, UTC+5 without summer time, since 1 March 2024. */
export const KAZAKHSTAN_OFFSET = '+05:00';
export const KAZAKHSTAN_OFFSET_MS = 5 * 3_600_000;
