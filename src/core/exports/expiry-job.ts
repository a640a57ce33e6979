import type { Job } from '../../exchange/jobs/job.ts';
import type { Database } from '../../store/database.ts';
import { expireSome, forgetTasks } from './export-store.ts';

/** Files removed by one statement. */
const AT_ONCE = 10;
/** So long it is told that there was an export. */
const REMEMBERED_MS = 7 * 24 * 3_600_000;

export function createExportExpiryJob(db: Database): Job {
  return {
    name: 'export-expiry',
    schedule: '*/10 * * * *',
    timeZone: 'Asia/Almaty',
    describe: 'Removes the files of exports whose time is over.',
    leaseSeconds: 300,
    run: async ({ now, signal }) => {
      let expired = 0;
      for (let some = AT_ONCE; some === AT_ONCE; expired += some) {
        signal.throwIfAborted();
        some = await expireSome(db, now, AT_ONCE);
      }
      return { expired, forgotten: await forgetTasks(db, new Date(now.getTime() - REMEMBERED_MS)) };
    },
  };
}
