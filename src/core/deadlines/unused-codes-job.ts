import type { Job } from '../../exchange/jobs/job.ts';
import type { UnusedCodes } from './unused-codes.ts';

/** Terms end at midnight; the minutes after it are for documents on their way. */
export function createUnusedCodesJob(unusedCodes: Pick<UnusedCodes, 'annulDue'>): Job {
  return {
    name: 'unused-codes',
    schedule: '15 * * * *',
    timeZone: 'Asia/Almaty',
    describe: 'Annuls codes that were not reported as applied within their term.',
    leaseSeconds: 300,
    run: async ({ now, signal }) => ({ ...(await unusedCodes.annulDue(now, signal)) }),
  };
}
