import assert from 'node:assert/strict';
import { type IssueFacts, judge } from '../../src/core/codes/issue-guard.ts';

const server = { systemIdentifier: '7000', timeline: 1 };
/** Database and journal agree on five entries. */
const agreed: IssueFacts = {
  damage: undefined,
  remembered: server,
  server,
  seen: { seq: 5, digest: 'five' },
  othersKnown: false,
  journal: { seq: 5, digestAtSeen: 'five', unknownLines: false },
};

function facts(
  change: Partial<Omit<IssueFacts, 'journal'>> & { journal?: Partial<IssueFacts['journal']> },
): IssueFacts {
  return { ...agreed, ...change, journal: { ...agreed.journal, ...change.journal } };
}

const locked = (reason: string) => ({ kind: 'locked', reason });

describe('the judgement on database and issue journal', () => {
  for (const [situation, given, expected] of [
    ['both agree', facts({}), { kind: 'open' }],
    [
      'both are new',
      facts({ remembered: undefined, seen: undefined, journal: { seq: 0, digestAtSeen: 'header' } }),
      { kind: 'open' },
    ],
    ['a kill came between journal and commit', facts({ journal: { seq: 6 } }), { kind: 'replay' }],
    [
      'the journal knows an order that the database does not',
      facts({ journal: { seq: 6, unknownLines: true } }),
      locked('journal_ahead'),
    ],
    [
      'the database is new and the journal is not',
      facts({ remembered: undefined, seen: undefined, journal: { seq: 5, unknownLines: true } }),
      locked('journal_ahead'),
    ],
    [
      'the journal is shorter than the database has seen it',
      facts({ journal: { seq: 4, digestAtSeen: undefined } }),
      locked('journal_behind'),
    ],
    [
      'the journal went another way after a restore of its own medium',
      facts({ journal: { seq: 7, digestAtSeen: 'other' } }),
      locked('journal_differs'),
    ],
    [
      'the journal is a new one beside a database that knows another',
      facts({ seen: undefined, othersKnown: true, journal: { seq: 0, digestAtSeen: 'header' } }),
      locked('journal_unknown'),
    ],
    ['the journal is damaged', facts({ damage: 'torn' }), locked('journal_damaged')],
    [
      'the database moved to another cluster',
      facts({ server: { ...server, systemIdentifier: '7001' } }),
      locked('cluster_changed'),
    ],
    [
      'the cluster was recovered to a point in time',
      facts({ server: { ...server, timeline: 2 } }),
      locked('cluster_changed'),
    ],
    [
      'the server does not tell which cluster it is',
      facts({ server: { systemIdentifier: null, timeline: null } }),
      { kind: 'open' },
    ],
  ] as const) {
    it(`is ${expected.kind}${'reason' in expected ? ` (${expected.reason})` : ''} when ${situation}`, () => {
      assert.deepEqual(judge(given), expected);
    });
  }
});
