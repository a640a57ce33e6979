import assert from 'node:assert/strict';
import { reachableNetworks } from '../../../src/adapters/webhook/adapter.ts';

describe('the private networks that webhooks may reach', () => {
  it('are those of this machine in the demo, none in production, and elsewhere those that are set', () => {
    assert.deepEqual(reachableNetworks({}, false), ['127.0.0.0/8', '::1/128']);
    assert.deepEqual(reachableNetworks({}, true), []);
    for (const production of [true, false]) {
      assert.deepEqual(reachableNetworks({ networks: ['10.1.0.0/16'] }, production), ['10.1.0.0/16']);
      assert.deepEqual(reachableNetworks({ networks: [] }, production), []);
    }
  });
});
