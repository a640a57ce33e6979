import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../store/database.ts';
import type { PartnerDirectory } from '../partner-directory.ts';
import { afterOutcomes } from '../policy/breaker.ts';
import { gatesStatement, lockGates } from './gate.ts';

/** Tells the breakers how attempts ended. */
export interface BreakerKeeper {
  note(outcomes: readonly AttemptNote[]): Promise<void>;
}

export interface AttemptNote {
  readonly partnerId: string;
  readonly succeeded: boolean;
  /** The breaker waits for it, whoever opened it. */
  readonly probe: boolean;
}

interface Tally {
  succeeded: number;
  failed: number;
}

/**
 * A partner that takes everything costs nothing here: successes are counted in memory, and written down together with
 * the next failure, or at once while its breaker is not closed.
 */
export function createBreakerKeeper(db: Database, clock: Clock, directory: PartnerDirectory): BreakerKeeper {
  const tallies = new Map<string, Tally>();
  /** Partners with failures in their window, or whose breaker is not closed. */
  const watched = new Set<string>();

  return {
    note: async (outcomes) => {
      for (const { partnerId, succeeded, probe } of outcomes) {
        const tally = tallies.get(partnerId) ?? { succeeded: 0, failed: 0 };
        tallies.set(partnerId, tally);
        if (succeeded) tally.succeeded += 1;
        else tally.failed += 1;
        if (!succeeded || probe) watched.add(partnerId);
      }
      const due = [...new Set(outcomes.map(({ partnerId }) => partnerId))].filter((id) => watched.has(id));
      if (due.length === 0) return;
      await db.transaction(async (tx) => {
        const now = clock.now();
        const gates = (await lockGates(tx, due)).flatMap((gate) => {
          const known = directory.find(gate.partnerId);
          const tally = tallies.get(gate.partnerId);
          if (known === undefined || tally === undefined) return [];
          tallies.delete(gate.partnerId);
          const after = afterOutcomes(gate, known.policy.breaker, tally, now);
          if (after.breaker === 'closed' && after.windowFailed === 0) watched.delete(gate.partnerId);
          return [{ ...gate, ...after }];
        });
        if (gates.length > 0) await tx.query(gatesStatement(gates));
      });
    },
  };
}
