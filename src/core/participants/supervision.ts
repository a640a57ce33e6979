import type { Database, Transaction } from '../../store/database.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { ParticipantChange } from './participant-events.ts';
import { recordChange } from './participant-events.ts';
import type { KnownParticipant, LegalAddress } from './participant-store.ts';
import { checkName, lockRegistered } from './participant-store.ts';

/** Who keeps the register. */
export interface Operator {
  readonly bin: string;
  readonly ip: string;
}

/** What the operator changes in the register, each change with its reason. What is so already is no change. */
export interface Supervision {
  /** @throws TanbaError participants.suspended, participants.not_oneself */
  suspend(operator: Operator, bin: string, reason: string): Promise<void>;
  /** @throws TanbaError participants.not_suspended */
  reinstate(operator: Operator, bin: string, reason: string): Promise<void>;
  rename(operator: Operator, bin: string, name: string, reason: string): Promise<void>;
  move(operator: Operator, bin: string, address: LegalAddress, reason: string): Promise<void>;
}

export interface SupervisionDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Told after the commit: whoever remembers participants shall ask anew. */
  readonly onChanged: () => void;
}

export function createSupervision({ db, clock, onChanged }: SupervisionDeps): Supervision {
  /** `alter` answers what it changed; null: nothing. */
  async function change(
    operator: Operator,
    bin: string,
    reason: string,
    alter: (tx: Transaction, known: KnownParticipant) => Promise<Pick<ParticipantChange, 'event' | 'details'> | null>,
  ): Promise<void> {
    await db.transaction(async (tx) => {
      const changed = await alter(tx, await lockRegistered(tx, bin));
      if (changed !== null) await recordChange(tx, { at: clock.now(), bin, actor: operator, reason, ...changed });
    });
    onChanged();
  }

  return {
    suspend: (operator, bin, reason) =>
      change(operator, bin, reason, async (tx, { active }) => {
        // Nobody would be left to take it back.
        if (bin === operator.bin) throw new TanbaError('participants.not_oneself');
        if (!active) throw new TanbaError('participants.suspended', { details: { bin } });
        await tx.query(SET_ACTIVE, [bin, false]);
        return { event: 'suspended' };
      }),
    reinstate: (operator, bin, reason) =>
      change(operator, bin, reason, async (tx, { active }) => {
        if (active) throw new TanbaError('participants.not_suspended', { details: { bin } });
        await tx.query(SET_ACTIVE, [bin, true]);
        return { event: 'reinstated' };
      }),
    rename: (operator, bin, name, reason) =>
      change(operator, bin, reason, async (tx, known) => {
        checkName(name);
        if (known.name === name) return null;
        await tx.query(SET_NAME, [bin, name]);
        return { event: 'renamed', details: { from: known.name, to: name } };
      }),
    move: (operator, bin, { legalAddress, kato }, reason) =>
      change(operator, bin, reason, async (tx, known) => {
        if (known.legalAddress === legalAddress && known.kato === kato) return null;
        await tx.query(SET_ADDRESS, [bin, legalAddress, kato]);
        return { event: 'moved', details: { ...(known.kato === null ? {} : { from: known.kato }), to: kato } };
      }),
  };
}

const SET_ACTIVE = 'update participant set active = $2 where bin = $1';
const SET_NAME = 'update participant set name = $2 where bin = $1';
const SET_ADDRESS = 'update participant set legal_address = $2, kato = $3 where bin = $1';
