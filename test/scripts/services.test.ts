import assert from 'node:assert/strict';
import { firstThatWorks, type Way } from '../../scripts/services/obtain.ts';
import { postgresql } from '../../scripts/services/postgresql.ts';
import { findServer, urlOf } from '../support/postgres.ts';

describe('a service that the tests need', () => {
  const running = { url: 'x://y', how: 'started', stop: async () => {} };
  const refuses: Way = ['the first way', async () => ({ refused: 'is not there' })];
  const works: Way = ['the second way', async () => running];
  const mustNotBeTried: Way = ['the last way', async () => assert.fail('was tried')];

  it('comes by the first way that works', async () => {
    assert.equal(await firstThatWorks(postgresql, [refuses, works, mustNotBeTried]), running);
  });

  it('is missed with what was tried, why it failed and what to do', async () => {
    await assert.rejects(
      firstThatWorks(postgresql, [refuses, ['the other way', async () => ({ refused: 'is broken' })]]),
      /^Error: The tests need PostgreSQL\. Tried:\n {2}the first way: is not there\n {2}the other way: is broken\nWhat helps:\n {2}install/,
    );
  });

  it('is not replaced by another where the environment names one that does not answer', async () => {
    const named: Way = ['an existing one', async () => ({ refused: 'no answer', final: true })];
    await assert.rejects(firstThatWorks(postgresql, [named, mustNotBeTried]), /no answer/);
  });
});

describe('a PostgreSQL for the tests', () => {
  it('that cannot be reached is named with the reason, without its password', async () => {
    const found = await findServer(['postgresql://me:secret@127.0.0.1:1/postgres']);
    assert.ok('refusals' in found);
    assert.equal(found.refusals[0]?.url, 'postgresql://me@127.0.0.1:1/postgres');
    assert.match(found.refusals[0]?.reason ?? '', /ECONNREFUSED/);
  });

  it('on a socket is named by a URL that leads back to the same folder and user', () => {
    const url = new URL(urlOf({ host: '/tmp/a b/run', port: 5432, user: 'me@home', database: 'postgres' }));
    assert.equal(decodeURIComponent(url.hostname), '/tmp/a b/run');
    assert.equal(decodeURIComponent(url.username), 'me@home');
  });
});
