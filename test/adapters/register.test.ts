import assert from 'node:assert/strict';
import Type from 'typebox';
import type { AdapterHealth, AdapterModule, OpenAdapter } from '../../src/adapters/contract.ts';
import { type RunningAdapter, startAdapters } from '../../src/adapters/open.ts';
import { createAdapterRegister } from '../../src/adapters/register.ts';
import { createLog } from '../../src/log.ts';
import { deferred } from '../routes/support.ts';

const GOOD: AdapterHealth = { state: 'good', finding: 'Fine.', details: {} };

function running(name: string, opened: Partial<OpenAdapter>): RunningAdapter {
  const open: OpenAdapter = {
    health: async () => GOOD,
    start: async () => undefined,
    stop: async () => undefined,
    ...opened,
  };
  const module: AdapterModule = {
    name,
    summary: 'Is tested.',
    capabilities: ['serves'],
    settings: Type.Object({}),
    receives: [],
    delivers: [],
    open: async () => open,
  };
  return { module, settings: {}, opened: open };
}

describe('the health of adapters', () => {
  it('is bad where one hangs, fails or throws; the others are shown all the same', async () => {
    const register = createAdapterRegister(
      [
        running('hanging', { health: () => new Promise(() => undefined) }),
        running('failing', { health: () => Promise.reject(new Error('no licence')) }),
        running('throwing', {
          health: () => {
            throw new Error('at once');
          },
        }),
        running('well', {}),
      ],
      50,
    );
    const found = (await register.list()).map(({ name, health }) => [name, health.state, health.finding]);
    assert.deepEqual(found, [
      ['hanging', 'bad', 'It did not say how it is within 0.05 s.'],
      ['failing', 'bad', 'The question for its health failed: no licence'],
      ['throwing', 'bad', 'The question for its health failed: at once'],
      ['well', 'good', 'Fine.'],
    ]);
  });

  it('is not asked a second time of one that has not answered yet, and then again', async () => {
    const answer = deferred<AdapterHealth>();
    let asked = 0;
    const health = () => {
      asked += 1;
      return answer.promise;
    };
    const register = createAdapterRegister([running('slow', { health })], 20);
    const states = async () => (await register.health()).get('slow')?.state;
    assert.deepEqual([await states(), await states(), asked], ['bad', 'bad', 1]);
    answer.resolve(GOOD);
    await new Promise(setImmediate);
    assert.deepEqual([await states(), asked], ['good', 2]);
  });

  it('of one that is not there is no answer', async () => {
    assert.equal(await createAdapterRegister([]).get('none'), undefined);
  });
});

describe('the stopping of adapters', () => {
  it('goes on after one that fails', async () => {
    const stopped: string[] = [];
    const one = running('one', { stop: async () => void stopped.push('one') });
    const two = running('two', { stop: () => Promise.reject(new Error('stuck')) });
    const stops: (() => Promise<void>)[] = [];
    await startAdapters([one, two], createLog('silent'), stops);
    for (const stop of stops.reverse()) await stop();
    assert.deepEqual(stopped, ['one']);
  });
});
