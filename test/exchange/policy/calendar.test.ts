import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import {
  boundsOf,
  calendarProblems,
  dayOf,
  isTimeZone,
  nextDay,
  opensAt,
} from '../../../src/exchange/policy/calendar.ts';
import type { Policy } from '../../../src/exchange/policy/policy.ts';

type Calendar = Policy['calendar'];

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const OFFICE: Calendar = {
  timeZone: 'Asia/Almaty',
  windows: [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }],
  closedDates: ['2026-12-16'],
};

function daily(timeZone: string, from: string, to: string): Calendar {
  return { timeZone, windows: [{ days: EVERY_DAY, from, to }], closedDates: [] };
}

describe('the calendar of a partner', () => {
  const openings: [string, Calendar, string, string][] = [
    ['open now', OFFICE, '2026-11-24T09:00:00+05:00', '2026-11-24T09:00:00+05:00'],
    ['before the window', OFFICE, '2026-11-24T08:59:59+05:00', '2026-11-24T09:00:00+05:00'],
    ['its end is not part of it', OFFICE, '2026-11-24T18:00:00+05:00', '2026-11-25T09:00:00+05:00'],
    ['over the weekend', OFFICE, '2026-11-27T20:00:00+05:00', '2026-11-30T09:00:00+05:00'],
    ['over a closed date', OFFICE, '2026-12-15T18:30:00+05:00', '2026-12-17T09:00:00+05:00'],
    [
      'without windows, on a closed date',
      { timeZone: 'Asia/Almaty', windows: [], closedDates: ['2026-11-24'] },
      '2026-11-24T12:00:00+05:00',
      '2026-11-25T00:00:00+05:00',
    ],
    [
      'a window that begins in the hour left out',
      daily('Europe/Berlin', '02:30', '04:00'),
      '2026-03-29T01:59:00+01:00',
      '2026-03-29T03:00:00+02:00',
    ],
    [
      'a window that lies in the hour left out',
      daily('Europe/Berlin', '02:15', '02:45'),
      '2026-03-29T01:59:00+01:00',
      '2026-03-30T02:15:00+02:00',
    ],
    [
      'a window met again in the hour repeated',
      daily('Europe/Berlin', '02:00', '02:30'),
      '2026-10-25T02:30:00+02:00',
      '2026-10-25T02:00:00+01:00',
    ],
    [
      'midnight left out',
      daily('Africa/Cairo', '00:00', '00:30'),
      '2026-04-23T23:59:00+02:00',
      '2026-04-25T00:00:00+03:00',
    ],
    [
      'the night in which Almaty put its clocks back',
      daily('Asia/Almaty', '23:30', '24:00'),
      '2024-02-29T23:10:00+05:00',
      '2024-02-29T23:30:00+05:00',
    ],
  ];
  for (const [name, calendar, now, expected] of openings) {
    it(`opens: ${name}`, () => {
      assert.equal(opensAt(calendar, new Date(now)).toISOString(), new Date(expected).toISOString());
    });
  }

  it('looks 400 days ahead, not further', () => {
    const days = Array.from({ length: 500 }, (_, day) =>
      new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10),
    );
    const calendar = { timeZone: 'Asia/Almaty', windows: [], closedDates: days };
    assert.equal(opensAt(calendar, new Date('2026-01-01T12:00:00+05:00')).toISOString(), '2027-02-04T19:00:00.000Z');
  });

  it('knows its day and when the next one begins', () => {
    const now = new Date('2026-11-24T20:00:00Z');
    assert.equal(dayOf(OFFICE, now), '2026-11-25');
    assert.equal(nextDay(OFFICE, now).toISOString(), '2026-11-25T19:00:00.000Z');
    assert.equal(dayOf(daily('America/New_York', '00:00', '24:00'), now), '2026-11-24');
  });

  it('has days of 23, 24 and 25 hours', () => {
    const berlin = daily('Europe/Berlin', '00:00', '24:00');
    const hours = (day: string): number => {
      const { from, to } = boundsOf(berlin, day);
      return (to.getTime() - from.getTime()) / 3_600_000;
    };
    assert.deepEqual(['2026-03-29', '2026-06-01', '2026-10-25'].map(hours), [23, 24, 25]);
    assert.equal(boundsOf(berlin, '2026-03-29').from.toISOString(), '2026-03-28T23:00:00.000Z');
  });

  it('tells windows that end before they begin, and time zones that nobody knows', () => {
    assert.deepEqual(calendarProblems(OFFICE), []);
    const windows = [
      { days: [1], from: '09:00', to: '24:00' },
      { days: [1], from: '18:00', to: '09:00' },
      { days: [1], from: '09:00', to: '09:00' },
    ];
    assert.deepEqual(calendarProblems({ timeZone: 'Asia/Almata', windows, closedDates: [] }), [
      { code: 'exchange.time_zone_unknown', path: '/timeZone', details: { timeZone: 'Asia/Almata' } },
      { code: 'exchange.window_reversed', path: '/windows/1', details: { from: '18:00', to: '09:00' } },
      { code: 'exchange.window_reversed', path: '/windows/2', details: { from: '09:00', to: '09:00' } },
    ]);
    assert.ok(isTimeZone('Asia/Qyzylorda'));
    assert.ok(!isTimeZone(''));
  });
});

const ZONES = [
  'Asia/Almaty',
  'Europe/Berlin',
  'America/New_York',
  'America/Havana',
  'Africa/Cairo',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];
/** Around which some of them set their clocks. */
const MOMENTS = ['2024-02-29', '2026-03-08', '2026-03-29', '2026-04-05', '2026-04-24', '2026-10-25', '2026-11-01'];
const MINUTE_MS = 60_000;
const CHECKED_MINUTES = 3 * 24 * 60;

const time = fc.integer({ min: 0, max: 24 * 4 }).map((quarter) => quarter * 15);
const text = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const window = fc
  .record({
    days: fc.subarray(EVERY_DAY, { minLength: 1 }),
    ends: fc.uniqueArray(time, { minLength: 2, maxLength: 2 }),
  })
  .map(({ days, ends }) => ({ days, from: text(Math.min(...ends)), to: text(Math.max(...ends)) }));
const moment = fc
  .record({ around: fc.constantFrom(...MOMENTS), seconds: fc.integer({ min: -50 * 3600, max: 30 * 3600 }) })
  .map(({ around, seconds }) => new Date(Date.parse(around) + seconds * 1_000));
const calendars = fc.record({
  timeZone: fc.constantFrom(...ZONES),
  windows: fc.array(window, { maxLength: 3 }),
  closedDates: fc.subarray(MOMENTS, { maxLength: 3 }),
});

/** By another way: what luxon says of each single minute. */
function isOpenAt({ timeZone, windows, closedDates }: Calendar, at: number): boolean {
  const local = DateTime.fromMillis(at, { zone: timeZone });
  if (closedDates.includes(local.toISODate() ?? '')) return false;
  if (windows.length === 0) return true;
  const clock = local.toFormat('HH:mm');
  return windows.some(({ days, from, to }) => days.includes(local.weekday) && from <= clock && clock < to);
}

describe('any calendar', () => {
  it('is open when it says, and at no minute before', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(calendars, moment, (calendar, now) => {
        const opening = opensAt(calendar, now).getTime();
        assert.ok(isOpenAt(calendar, opening), 'open when it says');
        const first = Math.ceil(now.getTime() / MINUTE_MS) * MINUTE_MS;
        const last = Math.min(opening, first + CHECKED_MINUTES * MINUTE_MS);
        for (let at = first; at < last; at += MINUTE_MS) {
          assert.ok(!isOpenAt(calendar, at), `open at ${new Date(at).toISOString()} already`);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('changes its day exactly where the next one begins', () => {
    fc.assert(
      fc.property(calendars, moment, (calendar, now) => {
        const start = nextDay(calendar, now);
        assert.ok(start > now);
        assert.equal(dayOf(calendar, new Date(start.getTime() - 1)), dayOf(calendar, now));
        assert.ok(dayOf(calendar, start) > dayOf(calendar, now));
        assert.deepEqual(boundsOf(calendar, dayOf(calendar, now)).to, start);
      }),
    );
  });
});
