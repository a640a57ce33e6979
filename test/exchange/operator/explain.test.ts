import assert from 'node:assert/strict';
import { DELIVERY_STATES, HOLDS } from '../../../src/exchange/delivery-states.ts';
import { explain, type Situation } from '../../../src/exchange/operator/explain.ts';
import { effectivePolicy } from '../../../src/exchange/policy/policy.ts';

const NOW = new Date('2026-11-24T10:00:00Z');
const LATER = new Date('2026-11-24T11:30:00Z');
const EARLIER = new Date('2026-11-24T08:00:00Z');
const HEAD = '019ab8e7-7c00-7000-8000-000000000001';
const OPEN = {
  removed: false,
  switchedOff: false,
  switchReason: null,
  breaker: 'closed',
  breakerUntil: null,
  quotaDay: null,
  quotaUsed: 0,
} as const;

function situation(more: Partial<Situation> = {}): Situation {
  return {
    state: 'waiting',
    attempts: 2,
    losses: 1,
    heldBy: null,
    dueAt: LATER,
    leaseUntil: null,
    outcome: 'http.500',
    reason: null,
    finishedAt: null,
    acknowledgedAt: null,
    policy: effectivePolicy({}, {}),
    partner: OPEN,
    lane: null,
    ...more,
  };
}

const told = (more: Partial<Situation>): string => explain(situation(more), NOW, 'en');
const lane = { ahead: 3, head: HEAD, headState: 'parked', headSince: EARLIER } as const;

describe('the explanation of a delivery', () => {
  it('has a sentence for each state and each hold, in each language, with every blank filled in', () => {
    const sentences = new Set<string>();
    for (const language of ['en', 'ru', 'kk'] as const) {
      for (const state of DELIVERY_STATES) {
        for (const heldBy of [null, 'something else', ...Object.keys(HOLDS)]) {
          const text = explain(situation({ state, heldBy, finishedAt: EARLIER, leaseUntil: LATER }), NOW, language);
          assert.match(text, /^\S.*[.]$/);
          assert.doesNotMatch(text, /[{}]|undefined|null|Invalid/);
          sentences.add(text);
        }
      }
    }
    assert.ok(sentences.size > 30, String(sentences.size));
  });

  it('tells when a retry follows, by the clock of the partner', () => {
    assert.equal(
      told({ heldBy: 'retry' }),
      'The partner did not take it (http.500); attempt 3 follows at 2026-11-24 16:30:00 +05:00.',
    );
  });

  it('tells who stands before it in its lane, and that nothing goes while the first one is parked', () => {
    assert.match(
      told({ state: 'queued', lane }),
      /there are 3; the first, 019ab8e7.*, is parked since 2026-11-24 13:00:00/,
    );
    assert.match(told({ state: 'queued', lane: { ...lane, headState: 'sending' } }), /is being sent since/);
    assert.match(told({ state: 'queued' }), /the next one of its lane/);
  });

  it('tells until when the partner takes nothing, whatever the row says', () => {
    const calendar = { timeZone: 'Asia/Almaty', windows: [{ days: [3], from: '09:00', to: '18:00' }], closedDates: [] };
    const policy = effectivePolicy({}, { calendar });
    assert.match(told({ policy, heldBy: 'retry' }), /takes nothing until 2026-11-25 09:00:00 \+05:00/);
  });

  it('tells of the switch, the breaker and the quota as they are now', () => {
    const partner = { ...OPEN, switchedOff: true, switchReason: 'their audit' };
    assert.match(told({ partner, dueAt: EARLIER }), /switched off \(their audit\)/);
    assert.match(
      told({ partner: { ...OPEN, breaker: 'open', breakerUntil: LATER }, dueAt: EARLIER }),
      /at 2026-11-24 16:30:00 \+05:00 one message tries/,
    );
    const policy = effectivePolicy({}, { dailyQuota: 5 });
    assert.match(
      told({ partner: { ...OPEN, quotaDay: '2026-11-24', quotaUsed: 5 }, policy }),
      /quota of the day is used up; it goes at 2026-11-25 00:00:00/,
    );
    assert.match(told({ partner: { ...OPEN, removed: true } }), /has been removed/);
  });

  it('does not repeat a hold that is over', () => {
    assert.match(told({ heldBy: 'switched_off', dueAt: EARLIER }), /Nothing holds it/);
    assert.match(told({ heldBy: 'breaker', dueAt: EARLIER }), /Nothing holds it/);
  });

  it('tells of what is uncertain, lost and under way', () => {
    assert.match(
      told({ state: 'uncertain', heldBy: 'retry' }),
      /nobody knows whether it arrived; at 2026-11-24 16:30:00/,
    );
    assert.match(told({ state: 'uncertain', heldBy: 'lost' }), /The worker that sent it died/);
    assert.match(
      told({ state: 'sending', leaseUntil: LATER }),
      /Attempt 3 is under way; its outcome is known by 2026-11-24 16/,
    );
  });

  it('tells why something is parked', () => {
    const parked = (reason: string, outcome = 'http.400'): string =>
      told({ state: 'parked', reason, outcome, finishedAt: EARLIER });
    assert.match(parked('out_of_attempts'), /Parked since 2026-11-24 13:00:00 \+05:00: 2 attempts failed/);
    assert.match(parked('rejected'), /refused it for good \(http.400\)/);
    assert.match(parked('rejected', 'body_erased'), /erased/);
    assert.match(parked('infrastructure'), /on our side 1 times/);
    assert.match(parked('by_operator'), /by an operator/);
  });

  it('tells of the end', () => {
    const delivered = { state: 'delivered', finishedAt: EARLIER } as const;
    assert.match(told(delivered), /its answer is the receipt/);
    assert.match(told({ ...delivered, acknowledgedAt: NOW }), /acknowledged at 2026-11-24 15:00:00/);
    const policy = effectivePolicy({}, { acknowledgement: 'message', acknowledgeWithinSeconds: 3_600 });
    assert.match(told({ ...delivered, policy }), /acknowledge it by 2026-11-24 14:00:00/);
    assert.match(told({ state: 'cancelled', finishedAt: EARLIER }), /Cancelled by an operator/);
    assert.match(told({ state: 'cancelled', reason: 'partner_removed', finishedAt: EARLIER }), /partner was removed/);
  });
});
