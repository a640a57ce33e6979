import assert from 'node:assert/strict';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** What a sender gets: the protocol's own result, and all bytes of the answer. */
export interface InboundAnswer {
  readonly result: string;
  readonly bytes: Buffer;
}

/** What is wrong with a message, in the words of no protocol. */
export const INBOUND_FAULTS = [
  'truncated',
  'hostile',
  'wrong_credentials',
  'clock_ahead',
  'too_old',
  'no_message',
] as const;
export type InboundFault = (typeof INBOUND_FAULTS)[number];

/** An adapter that receives, with a simulator of its senders. */
export interface InboundSubject {
  readonly accepted: string;
  /** The protocol's own result for each fault; null: the connection ends without a word. */
  readonly refusals: Readonly<Record<InboundFault, string | null>>;
  /** For the same id with another body. */
  readonly conflict: string;
  /** For a message that is older than one already answered. */
  readonly late: string;
  /** For a message while the store is away. */
  readonly later: string;
  /** The n-th message, in order; the same n is the same message, byte for byte. */
  send(n: number): Promise<InboundAnswer>;
  /** The id of the n-th message, with another body. */
  sendOther(n: number): Promise<InboundAnswer>;
  /** Sends the n-th message and goes away before the answer comes. */
  sendAndLeave(n: number): Promise<void>;
  /** A message with the fault, in the place of the n-th. */
  sendFaulty(n: number, fault: InboundFault): Promise<InboundAnswer | null>;
  /** How often the n-th message has had its effect. */
  effects(n: number): Promise<number>;
  /** The store is away while `work` runs. */
  withoutStore<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export type OpenInbound = (database: TestDatabase) => Promise<InboundSubject>;

/** Whatever senders do: each message once, the protocol's own answer each time, and the door stays open. */
export function inboundConformance(name: string, open: OpenInbound): void {
  describe(`conformance: ${name} receives`, () => {
    let database: TestDatabase;
    let subject: InboundSubject;

    beforeEach(async () => {
      database = await createTestDatabase();
      subject = await open(database);
    });
    afterEach(async () => {
      await subject.stop();
      await database.drop();
    });

    async function isTaken(n: number): Promise<InboundAnswer> {
      const answer = await subject.send(n);
      assert.equal(answer.result, subject.accepted);
      assert.equal(await subject.effects(n), 1);
      return answer;
    }

    it('takes messages one after the other', async () => {
      for (const n of [1, 2, 3]) await isTaken(n);
    });

    it('answers a repetition byte for byte, without a second effect', async () => {
      const first = await isTaken(1);
      assert.deepEqual((await subject.send(1)).bytes, first.bytes);
      assert.equal(await subject.effects(1), 1);
    });

    it('refuses the same id with another body, and the first stands', async () => {
      await isTaken(1);
      assert.equal((await subject.sendOther(1)).result, subject.conflict);
      assert.equal(await subject.effects(1), 1);
      await isTaken(2);
    });

    it('says of a message that comes behind a newer one that it is late, and takes what follows', async () => {
      await isTaken(1);
      await isTaken(2);
      assert.equal((await subject.send(1)).result, subject.late);
      assert.equal(await subject.effects(1), 1);
      await isTaken(3);
    });

    it('has one effect of a message whose sender left before the answer, and came again', async () => {
      await subject.sendAndLeave(1);
      const answer = await subject.send(1);
      assert.equal(answer.result, subject.accepted);
      assert.equal(await subject.effects(1), 1);
    });

    for (const fault of INBOUND_FAULTS) {
      it(`refuses ${fault} by its own word, without an effect, and takes the next`, async () => {
        const answer = await subject.sendFaulty(1, fault);
        assert.equal(answer?.result ?? null, subject.refusals[fault]);
        assert.equal(await subject.effects(1), 0);
        await isTaken(2);
      });
    }

    it('asks for patience while the store is away, and takes the message when it is back', async () => {
      await isTaken(1);
      const during = await subject.withoutStore(() => subject.send(2));
      assert.equal(during.result, subject.later);
      await isTaken(2);
    });
  });
}
