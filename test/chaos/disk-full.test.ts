import assert from 'node:assert/strict';
import { chmod, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run as runCommand } from '../../scripts/services/command.ts';
import { MUST_BE_ZERO } from './history.ts';
import { startRun } from './run.ts';
import { openStage, type Stage } from './stage.ts';

const SIZE_MB = 320;
const COMMAND_MS = 10_000;
const RECOVERY_MS = 45_000;
/** Requests go on against a full disk for so long. */
const FULL_MS = 4_000;
const CHUNK = Buffer.alloc(1024 * 1024);

/** A small file system in memory; null where that is not allowed. */
async function mountSmall(): Promise<{ folder: string; unmount(): Promise<void> } | null> {
  const folder = await mkdtemp(join(tmpdir(), 'tanba-small-'));
  const options = ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m,mode=0755`, 'tmpfs', folder];
  const { code } = await runCommand('mount', options, { timeoutMs: COMMAND_MS }).catch(() => ({ code: 1 }));
  if (code !== 0) {
    await rm(folder, { recursive: true, force: true });
    return null;
  }
  await chmod(folder, 0o755);
  return {
    folder,
    unmount: async () => {
      await runCommand('umount', [folder], { timeoutMs: COMMAND_MS });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Takes all that is left of the disk. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (;;) await file.write(CHUNK);
  } catch (error) {
    assert.match(String(error), /ENOSPC/);
  } finally {
    await file.close();
  }
}

describe('a full disk under the database, while requests go on', function () {
  this.timeout(180_000);
  let small: Awaited<ReturnType<typeof mountSmall>> = null;
  let stage: Stage | undefined;

  before(async function () {
    small = await mountSmall();
    if (small === null) {
      console.log('      skipped: this user may not mount a tmpfs');
      return this.skip();
    }
    const opened = await openStage({ transport: 'embedded', postgresFolder: small.folder });
    if ('skipped' in opened) {
      console.log(`      skipped: ${opened.skipped}`);
      return this.skip();
    }
    stage = opened;
  });
  after(async () => {
    await stage?.close();
    await small?.unmount();
  });

  it('loses nothing, answers no 500, and goes on when there is room again', async () => {
    assert.ok(stage !== undefined && small !== null);
    const run = await startRun(stage);
    await run.getsThrough(RECOVERY_MS);
    run.history.faults += 1;
    const filler = join(small.folder, 'filler');
    await fill(filler);
    await delay(FULL_MS);
    await rm(filler);
    // Where its journal found no room PostgreSQL has ended; an administrator makes room and starts it.
    await stage.postgres.server.stop().catch(() => undefined);
    await stage.postgres.server.start();
    await run.getsThrough(RECOVERY_MS);
    const board = await run.finish();
    const zeros = MUST_BE_ZERO.map((what) => [what, board[what]]);
    assert.deepEqual(
      zeros,
      MUST_BE_ZERO.map((what) => [what, 0]),
    );
  });
});
