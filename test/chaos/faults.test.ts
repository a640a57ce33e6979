import assert from 'node:assert/strict';
import { FAULTS } from './faults.ts';
import { MUST_BE_ZERO, type Scoreboard } from './history.ts';
import { type Run, startRun } from './run.ts';
import { openStage, type Stage } from './stage.ts';

/** From a fault's end to a new message's arrival: a lease, a heartbeat and a breaker may have to run out. */
const RECOVERY_MS = 45_000;

for (const transport of ['embedded', 'rabbitmq'] as const) {
  describe(`under faults, over ${transport}, while requests go on`, function () {
    this.timeout(180_000);
    let stage: Stage;
    let run: Run;

    before(async function () {
      const opened = await openStage({ transport });
      if ('skipped' in opened) {
        console.log(`      skipped: ${opened.skipped}`);
        return this.skip();
      }
      stage = opened;
      run = await startRun(stage);
      await run.getsThrough(RECOVERY_MS);
    });
    after(() => stage?.close());

    for (const fault of FAULTS.filter(({ on }) => on.includes(transport))) {
      it(`messages get through again after ${fault.name}`, async () => {
        run.history.faults += 1;
        await fault.strike(stage);
        await run.getsThrough(RECOVERY_MS);
      });
    }

    describe('the history of all that', () => {
      let board: Scoreboard;
      before(async () => {
        board = await run.finish();
        console.log(`      ${JSON.stringify(board)}`);
      });

      it('is one of many messages', () => assert.ok(board.accepted > 200, `${board.accepted} accepted`));
      for (const what of MUST_BE_ZERO) it(`has ${what}: 0`, () => assert.equal(board[what], 0));
    });
  });
}
