import { postgresql } from './postgresql.ts';
import type { Service } from './service.ts';

/** What `npm test` provides for, in the order in which it is started; stopped the other way round. */
export const services: readonly Service[] = [postgresql];
