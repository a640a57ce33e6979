import type { Database } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { Texts } from '../reference/classifier.ts';
import { keyInByOf } from './grace.ts';
import type { OutageRegister } from './outage-register.ts';

export interface NewOutage {
  readonly from: Date;
  /** Null: nobody knows yet. Ahead: works that were planned. */
  readonly to: Date | null;
  readonly title: Texts;
}

export interface AnnouncedOutage extends NewOutage {
  readonly outageId: string;
  readonly keyInBy: Date | null;
  readonly announcedAt: Date;
}

/** The operator. */
export interface Announcer {
  readonly bin: string;
  readonly ip: string;
}

export interface OutagePage {
  readonly after: string | null;
  readonly limit: number;
}

/** Times in which the system does not serve and documents are paper (order 44-н/қ, p.35, 39). */
export interface Outages {
  /** @throws TanbaError outages.period_invalid */
  announce(by: Announcer, outage: NewOutage): Promise<AnnouncedOutage>;
  /**
   * Tells when it was over; the end of planned works may be told anew until it has come.
   * @throws TanbaError outages.not_found, outages.ended, outages.period_invalid
   */
  end(by: Announcer, outageId: string, to: Date): Promise<AnnouncedOutage>;
  /** The newest first. */
  list(page: OutagePage): Promise<readonly AnnouncedOutage[]>;
}

export interface OutagesDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly register: Pick<OutageRegister, 'refresh'>;
}

/** A slip of the year would excuse everything ever due. */
const PERIOD_MS = 366 * 86_400_000;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export function createOutages({ db, clock, register }: OutagesDeps): Outages {
  return {
    announce: async ({ bin, ip }, { from, to, title }) => {
      const at = clock.now();
      const earliest = new Date(at.getTime() - PERIOD_MS);
      const latest = new Date(at.getTime() + PERIOD_MS);
      checkTime('/from', from, earliest, latest);
      if (to !== null) checkTime('/to', to, new Date(from.getTime() + 1), latest);
      const outage = { outageId: newId(at), from, to, title, keyInBy: to && keyInByOf(to), announcedAt: at };
      await db.transaction(async (tx) => {
        await tx.query(INSERT_OUTAGE, [outage.outageId, from, to, outage.keyInBy, title, bin, at]);
        const details = { from: from.toISOString(), to: to?.toISOString() ?? null };
        await writeAudit(tx, { at, bin, ip, action: 'outage.announced', subject: outage.outageId, details });
      });
      await register.refresh();
      return outage;
    },
    end: async ({ bin, ip }, outageId, to) => {
      const at = clock.now();
      const ended = await db.transaction(async (tx) => {
        const outage = (await tx.query<AnnouncedOutage>(LOCK_OUTAGE, [outageId])).rows[0];
        if (outage === undefined) throw new TanbaError('outages.not_found');
        if (outage.to !== null && outage.to <= at) throw new TanbaError('outages.ended');
        checkTime('/to', to, new Date(outage.from.getTime() + 1), at);
        const keyInBy = keyInByOf(to);
        await tx.query(END_OUTAGE, [outageId, to, keyInBy]);
        const details = { to: to.toISOString() };
        await writeAudit(tx, { at, bin, ip, action: 'outage.ended', subject: outageId, details });
        return { ...outage, to, keyInBy };
      });
      await register.refresh();
      return ended;
    },
    list: async ({ after, limit }) => (await db.query<AnnouncedOutage>(LIST_OUTAGES, [after ?? LAST_ID, limit])).rows,
  };
}

function checkTime(path: string, time: Date, earliest: Date, latest: Date): void {
  if (time >= earliest && time <= latest) return;
  const details = { earliest: earliest.toISOString(), latest: latest.toISOString() };
  throw new TanbaError('outages.period_invalid', { path, details });
}

const OUTAGE = `
outage_id as "outageId", began_at as "from", ended_at as "to", key_in_by as "keyInBy", title,
announced_at as "announcedAt"`;

const INSERT_OUTAGE = `
insert into outage (outage_id, began_at, ended_at, key_in_by, title, announced_by, announced_at)
values ($1, $2, $3, $4, $5, $6, $7)`;

const LOCK_OUTAGE = `select ${OUTAGE} from outage where outage_id = $1 for update`;

const END_OUTAGE = 'update outage set ended_at = $2, key_in_by = $3 where outage_id = $1';

const LIST_OUTAGES = `select ${OUTAGE} from outage where outage_id < $1 order by outage_id desc limit $2`;
