import type { Job } from '../../exchange/jobs/job.ts';
import type { BlockListPublisher } from './publishing.ts';

/** Tills ask for what is new each quarter of an hour: nothing is gained by more. */
export function createBlockListJob(publisher: BlockListPublisher): Job {
  return {
    name: 'block-list',
    schedule: '*/15 * * * *',
    timeZone: 'Asia/Almaty',
    describe: 'Publishes the signed list of blocked codes that tills ask offline.',
    leaseSeconds: 900,
    run: async ({ now }) => ({ ...(await publisher.publish(now)) }),
  };
}
