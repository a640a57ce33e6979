import { rm } from 'node:fs/promises';
import { beginLife, newServerFolder, type OwnServer, type Skipped } from './own-server.ts';
import { freePort } from './ports.ts';
import { findProgram, startProcess } from './server-process.ts';
import { withRedis } from './shared.ts';

export interface OwnRedis extends OwnServer {
  /** Empties all its databases. */
  flush(): Promise<void>;
}

/** As in docker-compose.yml: everything is kept, nothing is evicted. */
const SETTINGS: Readonly<Record<string, string>> = {
  bind: '127.0.0.1',
  daemonize: 'no',
  appendonly: 'yes',
  // Written before each answer, but not synced: a killed process loses nothing by that, only a lost machine would.
  // With a sync every second a slow disk could hold a write back, and kill() would lose what was answered.
  appendfsync: 'no',
  save: '',
  'maxmemory-policy': 'noeviction',
};

/** `parent`: where its folder is made. */
export async function startOwnRedis(parent?: string): Promise<OwnRedis | Skipped> {
  const program = await findProgram('redis-server');
  if (program === null) return { skipped: 'redis-server is not installed' };
  const folder = await newServerFolder('redis', parent);
  const port = await freePort();
  const settings = Object.entries({ ...SETTINGS, dir: folder, port: String(port) });
  const args = settings.flatMap(([name, value]) => [`--${name}`, value]);
  const url = `redis://127.0.0.1:${port}`;
  const clear = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const life = await beginLife(() => startProcess({ program, args, folder, ready: /Ready to accept connections/ }));
    return {
      ...life,
      url,
      async flush() {
        await withRedis(url, (redis) => redis.flushall());
      },
      async remove() {
        await life.kill();
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}
