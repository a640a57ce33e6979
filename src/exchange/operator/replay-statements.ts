/** What was selected, as the effect and its preview see it alike. */
const CANDIDATE = `
d.delivery_id, d.message_id, d.message_at, d.partner_id, d.topic, d.state, d.lane, d.position, d.reason, d.outcome,
m.body is null as erased, p.removed_at is not null as removed`;

// A month of messages may be gone as a whole.
const CANDIDATES = `
  from delivery d join partner p on p.partner_id = d.partner_id
       left join message m on m.message_id = d.message_id and m.created_at = d.message_at`;

const BY_IDS = `where d.delivery_id = any($1::uuid[])`;

const BY_SELECTION = `
where d.state = any($1::delivery_state[]) and d.message_at >= $2 and d.message_at < $3
  and ($4::text is null or d.partner_id = $4) and ($5::text is null or d.topic = $5)
  and ($6::text is null or d.reason = $6) and ($7::text is null or d.outcome = $7)`;

const GOES_AGAIN = `state in ('parked', 'delivered', 'cancelled') and not erased and not removed`;

interface Parameters {
  readonly where: string;
  /** The first parameter that the condition does not use. */
  readonly next: number;
}

const IDS: Parameters = { where: BY_IDS, next: 2 };
const SELECTION: Parameters = { where: BY_SELECTION, next: 8 };

/** Parameters after those of the condition: how many at most. */
const counted = ({ where, next }: Parameters): string => `
with selected as materialized (select ${CANDIDATE} ${CANDIDATES} ${where} limit $${next})
select partner_id as "partnerId", state, erased, removed, ${GOES_AGAIN} as again, count(*)::integer as deliveries
  from selected group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4`;

/** Parameters after those of the condition: how many at most. */
const oldest = ({ where, next }: Parameters): string => `
with selected as (select ${CANDIDATE} ${CANDIDATES} ${where})
select delivery_id as "deliveryId", message_id as "messageId", message_at as "createdAt", partner_id as "partnerId",
       topic, state, reason, outcome
  from selected where ${GOES_AGAIN} order by message_at, message_id, delivery_id limit $${next}`;

/**
 * Parameters after those of the condition: how many at most, and the time. Locked in the order of positions, as
 * acknowledgements are, so that the two never wait for each other. In a lane they go by their positions, as ever. The
 * answer is read from what was selected: joined with what was updated, 100,000 rows without statistics took minutes.
 */
const replayed = ({ where, next }: Parameters): string => `
with selected as materialized (
       select ${CANDIDATE} ${CANDIDATES} ${where} order by d.position limit $${next} for no key update of d),
     replayed as (
       update delivery d
          set state = case when d.lane is null then 'waiting' else 'queued' end::delivery_state, attempts = 0, losses = 0,
              replays = d.replays + 1, due_at = $${next + 1}, held_by = 'replay', carried_until = null, reason = null,
              finished_at = null
         from (select delivery_id from selected where ${GOES_AGAIN}) as chosen
        where d.delivery_id = chosen.delivery_id)
select partner_id as "partnerId", state, erased, removed, ${GOES_AGAIN} as again, lane, count(*)::integer as deliveries
  from selected group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4`;

export interface ReplayStatements {
  readonly counted: string;
  readonly oldest: string;
  readonly replayed: string;
}

export const OF_IDS: ReplayStatements = { counted: counted(IDS), oldest: oldest(IDS), replayed: replayed(IDS) };
export const OF_SELECTION: ReplayStatements = {
  counted: counted(SELECTION),
  oldest: oldest(SELECTION),
  replayed: replayed(SELECTION),
};
