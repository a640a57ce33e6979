import assert from 'node:assert/strict';
import { ADDRESS, isCode, OPERATOR, OTHER_OPERATOR, openRegister, type Register } from './desk.ts';

const REASON = 'The licence has ended';

describe('a participant', () => {
  let register: Register;

  before(async () => {
    register = await openRegister();
  });
  after(() => register.close());

  const eventsOf = async (bin: string) => (await register.events(bin)).map(({ event }) => event);

  it('registered by a command has that in its history, with nobody as its actor, and in the audit log', async () => {
    const bin = await register.registered();
    assert.deepEqual(await register.events(bin), [{ event: 'registered', actor: null }]);
    assert.deepEqual(await register.audited(bin), [
      { action: 'participant.registered', bin: null, details: { role: 'retailer' } },
    ]);
  });

  it('registered again as it is has no second event', async () => {
    const bin = await register.registered();
    await register.participants.register({ bin, name: 'ТОО «Дүкен»', role: 'retailer' });
    assert.deepEqual(await eventsOf(bin), ['registered']);
  });

  it('that is suspended has keys that stop at once, and go on when it is reinstated', async () => {
    const bin = await register.registered();
    const key = await register.apiKeys.issue(bin, 'till', false);
    assert.ok(await register.apiKeys.authenticate(key));
    await register.supervision.suspend(OPERATOR, bin, REASON);
    assert.equal(await register.apiKeys.authenticate(key), null);
    await register.supervision.reinstate(OPERATOR, bin, 'It has a new one');
    assert.ok(await register.apiKeys.authenticate(key));
    assert.deepEqual(await eventsOf(bin), ['registered', 'suspended', 'reinstated']);
  });

  it('that is suspended leaves who and why in the audit log', async () => {
    const bin = await register.registered();
    await register.supervision.suspend(OPERATOR, bin, REASON);
    assert.deepEqual((await register.audited(bin)).at(-1), {
      action: 'participant.suspended',
      bin: OPERATOR.bin,
      details: { reason: REASON },
    });
  });

  it('is suspended by one of two operators: the other is told', async () => {
    const bin = await register.registered();
    const done = await Promise.allSettled([
      register.supervision.suspend(OPERATOR, bin, REASON),
      register.supervision.suspend(OTHER_OPERATOR, bin, REASON),
    ]);
    const codes = done.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    assert.deepEqual(codes, ['participants.suspended']);
    assert.deepEqual(await eventsOf(bin), ['registered', 'suspended']);
  });

  it('that is active cannot be reinstated', async () => {
    const bin = await register.registered();
    await assert.rejects(
      register.supervision.reinstate(OPERATOR, bin, 'Why not'),
      isCode('participants.not_suspended'),
    );
  });

  it('that is suspended is not registered anew by a command, not even when it is named by its BIN', async () => {
    const bin = register.newBin();
    await register.participants.register({ bin, name: bin, role: 'retailer' });
    await register.supervision.suspend(OPERATOR, bin, REASON);
    await assert.rejects(
      register.participants.register({ bin, name: 'Another', role: 'retailer' }),
      isCode('participants.already_registered'),
    );
    assert.equal((await register.participants.find(bin))?.active, false);
  });

  it('that is the operator itself cannot be suspended by itself, but by another operator', async () => {
    await assert.rejects(
      register.supervision.suspend(OPERATOR, OPERATOR.bin, REASON),
      isCode('participants.not_oneself'),
    );
    await register.supervision.suspend(OPERATOR, OTHER_OPERATOR.bin, REASON);
    await register.supervision.reinstate(OPERATOR, OTHER_OPERATOR.bin, 'It was a mistake');
  });

  it('has another name from now on, and both in its history', async () => {
    const bin = await register.registered({ name: 'ТОО «Ескі»' });
    const key = await register.apiKeys.issue(bin, 'till', false);
    await register.apiKeys.authenticate(key);
    await register.supervision.rename(OPERATOR, bin, 'ТОО «Жаңа»', 'Renamed');
    assert.equal((await register.apiKeys.authenticate(key))?.name, 'ТОО «Жаңа»');
    const [, renamed] = await register.lookUp.history(itself(bin), bin, { after: null, limit: 10 });
    assert.deepEqual(renamed?.details, { from: 'ТОО «Ескі»', to: 'ТОО «Жаңа»' });
    assert.equal(renamed?.reason, 'Renamed');
  });

  it('that is named so already has not been renamed', async () => {
    const bin = await register.registered({ name: 'ТОО' });
    await register.supervision.rename(OPERATOR, bin, 'ТОО', 'Renamed');
    assert.deepEqual(await eventsOf(bin), ['registered']);
  });

  it('needs a name of 1 to 500 characters', async () => {
    const bin = await register.registered();
    for (const name of ['', ' ', 'x'.repeat(501)]) {
      await assert.rejects(
        register.supervision.rename(OPERATOR, bin, name, REASON),
        isCode('participants.name_invalid'),
      );
    }
    await register.supervision.rename(OPERATOR, bin, 'x'.repeat(500), REASON);
  });

  it('that moves has its regions in its history, the address in its record only', async () => {
    const bin = await register.registered();
    await register.supervision.move(OPERATOR, bin, ADDRESS, 'Moved');
    await register.supervision.move(OPERATOR, bin, { ...ADDRESS, kato: '750000000' }, 'Moved on');
    const history = await register.lookUp.history(itself(bin), bin, { after: null, limit: 10 });
    assert.deepEqual(
      history.map(({ event, details }) => [event, details]),
      [
        ['registered', { role: 'retailer' }],
        ['moved', { to: ADDRESS.kato }],
        ['moved', { from: ADDRESS.kato, to: '750000000' }],
      ],
    );
  });

  it('that nobody has registered cannot be changed; nor can the placeholder of a recovery', async () => {
    const unknown = register.newBin();
    const placeholder = register.newBin();
    await register.db.query(
      `insert into participant (bin, name, role, active, registered_at) values ($1, $1, 'manufacturer', false, now())`,
      [placeholder],
    );
    for (const bin of [unknown, placeholder]) {
      await assert.rejects(register.supervision.reinstate(OPERATOR, bin, 'Why not'), isCode('participants.unknown'));
    }
  });
});

function itself(bin: string) {
  return { bin, role: 'retailer', seesEverything: false, ip: '192.0.2.3' } as const;
}
