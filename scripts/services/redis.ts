import { startOwnRedis } from '../../test/support/services/own-redis.ts';
import { sharedRedisUrl, whyNoRedis } from '../../test/support/services/shared.ts';
import { reuseNamed, startOwn } from './broker.ts';
import type { Service } from './service.ts';

const VARIABLE = 'TANBA_TEST_REDIS_URL';

export const redis: Service = {
  name: 'Redis',
  variable: VARIABLE,
  reuse: () => reuseNamed(VARIABLE, sharedRedisUrl(process.env), whyNoRedis),
  own: (folder) => startOwn('Redis', () => startOwnRedis(folder)),
  debianPackages: ['redis-server'],
  compose: {
    service: 'redis',
    port: 6379,
    url: (hostPort) => `redis://:test@127.0.0.1:${hostPort}`,
  },
  instructions: [
    'install Redis 7 or newer (Debian: apt-get install redis-server; macOS: brew install redis),',
    'or start Docker,',
    `or name one: ${VARIABLE}=redis://:password@host:6379 npm test`,
  ],
};
