import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TanbaError } from '../../src/core/errors.ts';
import { createParticipants, isValidBin } from '../../src/core/participants/participants.ts';
import { movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('a BIN', () => {
  for (const bin of ['150340001236', '850101300124', '211241012349', '900101300811']) {
    it(`is valid by its check digit: ${bin}`, () => {
      assert.ok(isValidBin(bin));
    });
  }

  it('has no check digit where both passes leave ten', () => {
    for (let digit = 0; digit <= 9; digit += 1) assert.ok(!isValidBin(`90010130080${digit}`));
  });

  for (const bin of ['', '15034000123', '1503400012360', '15034000123x', ' 150340001236', '１50340001236']) {
    it(`is twelve digits, not "${bin}"`, () => {
      assert.ok(!isValidBin(bin));
    });
  }

  it('has at most one check digit', () => {
    const digits = fc.stringMatching(/^[0-9]{11}$/);
    fc.assert(
      fc.property(digits, (base) => {
        const valid = [...'0123456789'].filter((digit) => isValidBin(base + digit));
        assert.ok(valid.length <= 1);
      }),
    );
  });
});

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
