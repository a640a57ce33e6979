import type { Database, Queryable } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { PageOf } from './participant-events.ts';
import { BEGINNING, recordChange } from './participant-events.ts';
import type { Contact } from './participant-store.ts';
import { lockRegistered, putContact } from './participant-store.ts';

export const PLACE_KINDS = ['production', 'storage', 'retail', 'office'] as const;
export type PlaceKind = (typeof PLACE_KINDS)[number];

export interface NewPlace {
  readonly name: string;
  readonly kind: PlaceKind;
  readonly kato: string;
  readonly address: string;
}

export interface BusinessPlace extends NewPlace {
  readonly placeId: string;
  readonly active: boolean;
  readonly createdAt: Date;
  readonly closedAt: Date | null;
}

/** The participant itself. */
export interface Owner {
  readonly bin: string;
  readonly ip: string;
}

/** What a participant keeps up to date by itself. */
export interface OwnRecord {
  putContact(owner: Owner, contact: Contact): Promise<void>;
  /** @throws TanbaError participants.too_many_places */
  openPlace(owner: Owner, place: NewPlace): Promise<BusinessPlace>;
  /** @throws TanbaError participants.place_unknown, participants.place_closed */
  closePlace(owner: Owner, placeId: string): Promise<BusinessPlace>;
}

export interface OwnRecordDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Open ones. */
  readonly placesPerParticipant: number;
}

export function createOwnRecord({ db, clock, placesPerParticipant: limit }: OwnRecordDeps): OwnRecord {
  return {
    putContact: async (owner, contact) => {
      const at = clock.now();
      await db.transaction(async (tx) => {
        await putContact(tx, owner.bin, contact, at);
        await recordChange(tx, { at, bin: owner.bin, event: 'contact_changed', actor: owner });
      });
    },
    openPlace: async (owner, { name, kind, kato, address }) => {
      const { bin } = owner;
      const at = clock.now();
      const placeId = newId(at);
      await db.transaction(async (tx) => {
        // One at a time, so that two together cannot both be the last that fits.
        await lockRegistered(tx, bin);
        const { rows } = await tx.query<{ open: number }>(COUNT_OPEN_PLACES, [bin]);
        if ((rows[0]?.open ?? 0) >= limit) throw new TanbaError('participants.too_many_places', { details: { limit } });
        await tx.query(INSERT_PLACE, [placeId, bin, name, kind, kato, address, at]);
        await recordChange(tx, { at, bin, event: 'place_opened', actor: owner, details: { placeId, kind, kato } });
      });
      return { placeId, name, kind, kato, address, active: true, createdAt: at, closedAt: null };
    },
    closePlace: async (owner, placeId) => {
      const { bin } = owner;
      const at = clock.now();
      return await db.transaction(async (tx) => {
        const closed = (await tx.query<BusinessPlace>(CLOSE_PLACE, [placeId, bin, at])).rows[0];
        if (closed === undefined) {
          const { rowCount } = await tx.query(FIND_PLACE, [placeId, bin]);
          throw new TanbaError(rowCount === 0 ? 'participants.place_unknown' : 'participants.place_closed');
        }
        await recordChange(tx, { at, bin, event: 'place_closed', actor: owner, details: { placeId } });
        return closed;
      });
    },
  };
}

/** Oldest first, the closed ones too. */
export async function readPlaces(
  db: Queryable,
  bin: string,
  { after, limit }: PageOf,
): Promise<readonly BusinessPlace[]> {
  return (await db.query<BusinessPlace>(SELECT_PLACES, [bin, after ?? BEGINNING, limit])).rows;
}

const PLACE = `
place_id as "placeId", name, kind, kato, address, active, created_at as "createdAt", closed_at as "closedAt"`;

const COUNT_OPEN_PLACES = 'select count(*)::integer as open from business_place where bin = $1 and active';

const INSERT_PLACE = `
insert into business_place (place_id, bin, name, kind, kato, address, created_at) values ($1, $2, $3, $4, $5, $6, $7)`;

const CLOSE_PLACE = `
update business_place set active = false, closed_at = $3
 where place_id = $1 and bin = $2 and active
returning ${PLACE}`;

const FIND_PLACE = 'select from business_place where place_id = $1 and bin = $2';

const SELECT_PLACES = `
select ${PLACE} from business_place where bin = $1 and place_id > $2 order by place_id limit $3`;
