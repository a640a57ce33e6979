import assert from 'node:assert/strict';
import { TanbaError } from '../../src/core/errors.ts';
import { createParticipants } from '../../src/core/participants/participants.ts';
import { movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('participants', () => {
  let database: TestDatabase;

  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());

  const participants = () => createParticipants({ db: database.db, clock: movableClock() });
  const maker = { bin: '150340001236', name: 'ТОО «Өндіріс»', role: 'manufacturer' } as const;

  it('are found as they were registered', async () => {
    await participants().register(maker);
    assert.deepEqual(await participants().find(maker.bin), { ...maker, active: true });
  });

  it('may be registered again as they are', async () => {
    const again = { ...maker, bin: '211241012349' };
    await participants().register(again);
    await participants().register(again);
    assert.equal((await participants().find(again.bin))?.name, again.name);
  });

  it('are not found by a BIN that nobody has', async () => {
    assert.equal(await participants().find('850101300124'), null);
  });

  it('keep their BIN to themselves', async () => {
    const taken = { ...maker, bin: '900101300811' };
    await participants().register(taken);
    for (const other of [{ ...taken, name: 'Another' }, { ...taken, role: 'retailer' } as const]) {
      await assert.rejects(participants().register(other), isCode('participants.already_registered'));
    }
  });

  it('are refused with a wrong BIN or no name', async () => {
    await assert.rejects(
      participants().register({ ...maker, bin: '150340001237' }),
      isCode('participants.bin_invalid'),
    );
    await assert.rejects(participants().register({ ...maker, name: ' ' }), isCode('participants.name_invalid'));
  });
});

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof TanbaError && error.code === code;
}
