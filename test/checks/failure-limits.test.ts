import assert from 'node:assert/strict';
import { createFailureLimits, sourceOf } from '../../src/core/checks/failure-limits.ts';

describe('the limits on failed checks', () => {
  for (const [address, source] of [
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1::2:3:4:5', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['', ''],
  ] as const) {
    it(`count "${address}" for ${source || 'the unknown source'}`, () => assert.equal(sourceOf(address), source));
  }

  it('hold for all addresses of one IPv6 subscriber together, and for nobody else', async () => {
    const limits = createFailureLimits({ perSourcePerMinute: 2, perCisPerHour: 100 });
    await limits.failed('2001:db8::1', null);
    assert.equal(await limits.blockedFor('2001:db8::2', null), 0);
    await limits.failed('2001:db8::2', null);
    assert.ok((await limits.blockedFor('2001:db8::3', null)) > 0);
    assert.equal(await limits.blockedFor('2001:db8:0:1::3', null), 0);
  });

  it('hold for one code together, whatever the sources', async () => {
    const limits = createFailureLimits({ perSourcePerMinute: 100, perCisPerHour: 2 });
    for (const address of ['192.0.2.1', '192.0.2.2']) await limits.failed(address, 'cis');
    assert.ok((await limits.blockedFor('192.0.2.3', 'cis')) > 0);
    assert.equal(await limits.blockedFor('192.0.2.3', 'other cis'), 0);
  });
});
