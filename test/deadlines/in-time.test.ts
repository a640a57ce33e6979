import assert from 'node:assert/strict';
import { checkHeader } from '../../src/core/documents/check-header.ts';
import type { Outage } from '../../src/core/outages/grace.ts';
import { dueAfterOutages, keyInByOf, openGrace } from '../../src/core/outages/grace.ts';
import { MANUFACTURER } from '../support/goods.ts';

/** Days of Kazakhstan. */
const at = (text: string): Date => new Date(`${text}+05:00`);

/** The third working day after Thursday 19 March 2026: the 20th, then Nauryz and the weekend, the 26th, the 27th. */
const BEFORE_NAURYZ = '2026-03-19';
const DUE = at('2026-03-27T23:59:59.999');

/** @param to null: not over yet */
function outage(from: string, to: string | null): Outage {
  return { from: at(from), keyInBy: to === null ? null : keyInByOf(at(to)) };
}

/** Codes of the warnings about a withdrawal of that day, received then. */
function warnings(received: Date, outages: readonly Outage[] = [], date = BEFORE_NAURYZ) {
  const header = { reason: 'EXPORT', date };
  const document = { kind: 'withdrawal', header, bin: MANUFACTURER, receivedAt: received } as const;
  const told = checkHeader(document, received, outages);
  assert.deepEqual(told.errors, []);
  return told.warnings;
}
const codes = (...question: Parameters<typeof warnings>) => warnings(...question).map(({ code }) => code);
const past = (time: Date): Date => new Date(time.getTime() + 1);

describe('a report due within three working days', () => {
  it('is in time to the end of the third, over Nauryz and weekends', () => {
    assert.deepEqual(codes(DUE), []);
  });

  it('is late from then on, and says when it was due', () => {
    assert.deepEqual(warnings(past(DUE)), [
      { code: 'documents.late', path: '/body/date', details: { due: DUE.toISOString() } },
    ]);
  });

  describe('when that falls into an outage', () => {
    /** Over on Monday: to be keyed in by the end of Tuesday. */
    const ended = outage('2026-03-27T18:00:00', '2026-03-30T11:00:00');
    const keyInBy = at('2026-03-31T23:59:59.999');

    it('is in time while the outage lasts', () => {
      assert.deepEqual(codes(at('2026-04-20T09:00:00'), [outage('2026-03-27T18:00:00', null)]), []);
    });

    it('is in time through the first working day after it', () => {
      assert.deepEqual(codes(keyInBy, [ended]), []);
    });

    it('is late on the second, with that ground', () => {
      const details = { due: DUE.toISOString(), keyInBy: keyInBy.toISOString() };
      assert.deepEqual(warnings(past(keyInBy), [ended]), [
        { code: 'documents.late_after_outage', path: '/body/date', details },
      ]);
    });

    it('may wait over the days off behind the outage', () => {
      const overHolidays = outage('2026-03-19T10:00:00', '2026-03-20T12:00:00');
      const late = at('2026-03-26T23:59:59.999');
      const earlier = '2026-03-16';
      assert.deepEqual(codes(late, [overHolidays], earlier), []);
      assert.deepEqual(codes(past(late), [overHolidays], earlier), ['documents.late_after_outage']);
    });

    it('is in time when it falls due on the working day after the end', () => {
      const dayBefore = outage('2026-03-26T08:00:00', '2026-03-26T20:00:00');
      assert.deepEqual(codes(DUE, [dayBefore]), []);
      assert.deepEqual(codes(past(DUE), [dayBefore]), ['documents.late']);
    });

    it('waits for a second outage that hits the day of keying in', () => {
      const second = outage('2026-03-31T10:00:00', '2026-04-02T10:00:00');
      assert.deepEqual(codes(at('2026-04-03T23:59:59.999'), [ended, second]), []);
      assert.deepEqual(codes(at('2026-04-04T00:00:00'), [ended, second]), ['documents.late_after_outage']);
    });
  });

  it('is not excused by an outage that was over, with its working day, before', () => {
    const earlier = outage('2026-03-19T08:00:00', '2026-03-20T08:00:00');
    assert.deepEqual(codes(past(DUE), [earlier]), ['documents.late']);
  });

  it('is not excused by an outage that began after it was due', () => {
    assert.deepEqual(codes(at('2026-03-28T12:00:00'), [outage('2026-03-28T00:00:00', null)]), ['documents.late']);
  });
});

describe('outages that run into each other', () => {
  const chain = [
    outage('2026-04-06T10:00:00', '2026-04-06T12:00:00'),
    outage('2026-04-07T10:00:00', '2026-04-08T12:00:00'),
    outage('2026-04-20T10:00:00', '2026-04-20T12:00:00'),
  ];
  const end = at('2026-04-09T23:59:59.999');

  it('are one time of grace, for documents and jobs alike', () => {
    const due = at('2026-04-06T23:59:59.999');
    assert.deepEqual(dueAfterOutages(due, chain), end);
    assert.deepEqual(openGrace(chain, end), [{ from: at('2026-04-06T10:00:00'), keyInBy: end }, chain[2]]);
  });

  it('are forgotten when it is over', () => {
    assert.deepEqual(openGrace(chain, past(end)), [chain[2]]);
  });

  it('have no end while one of them has none', () => {
    const open = [...chain.slice(0, 2), outage('2026-04-09T10:00:00', null)];
    assert.deepEqual(openGrace(open, at('2027-01-01T00:00:00')), [{ from: at('2026-04-06T10:00:00'), keyInBy: null }]);
  });
});
