import { postgresql } from './postgresql.ts';
import { rabbitmq } from './rabbitmq.ts';
import { redis } from './redis.ts';
import type { Service } from './service.ts';

/** What `npm test` provides for, in the order in which it is started; stopped the other way round. */
export const services: readonly Service[] = [postgresql, rabbitmq, redis];
