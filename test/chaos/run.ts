import { setTimeout as delay } from 'node:timers/promises';
import type { PolicyChanges } from '../../src/exchange/policy/policy.ts';
import { type History, newHistory, type Scoreboard, score } from './history.ts';
import { type Load, type PartnerIds, startLoad } from './load.ts';
import type { Stage } from './stage.ts';

/** Requests under way over a stage, and what is known of them. */
export interface Run {
  readonly history: History;
  /** Resolves when a receipt that was accepted from now on has reached the partner. */
  getsThrough(withinMs: number): Promise<void>;
  /** Ends the requests, waits until every delivery has come to its end, and counts. */
  finish(): Promise<Scoreboard>;
}

/** Hours of retries in seconds; the schedule's form is the same. */
const POLICY: PolicyChanges = {
  retrySeconds: Array.from({ length: 50 }, () => 1),
  overloadSeconds: 1,
  timeoutSeconds: 2,
  breaker: { minimumAttempts: 10, failurePercent: 50, windowSeconds: 10, openSeconds: 1, openSecondsMax: 2 },
};
/** As long as it gets less, it is waited for. */
const QUIET_MS = 90_000;
const LOOK_MS = 200;
const TOLD_MAX = 10;

const UNFINISHED = `
select (select count(*) from delivery where unfinished and state <> 'parked')::integer
       + (select count(*) from outbox where sent_at is null)::integer
       + (select count(*) from document where status = 'received')::integer as left`;

/** For whoever looks for the reason. */
const STILL_OPEN = `
select d.*, now() as looked_at, g.breaker, g.breaker_until
  from delivery d join partner_gate g using (partner_id) where d.unfinished and d.state <> 'parked'
 order by d.state = 'queued', d.position limit 5`;

const DOCUMENTS_NOT_APPLIED = `
select document_id, status, attempts, errors from document where status not in ('accepted', 'rejected') limit 10`;

export async function startRun(stage: Stage): Promise<Run> {
  const history = newHistory();
  const partnerIds = await makeWebhooks(stage);
  const load = startLoad(stage, history, partnerIds, String(Date.now()));
  return {
    history,
    getsThrough: (withinMs) => getsThrough(stage, history, withinMs),
    finish: () => finish(stage, history, load),
  };
}

async function makeWebhooks(stage: Stage): Promise<PartnerIds> {
  const hub = stage.hub();
  const make = async (as: 'ofd' | 'manufacturer', ordered: 'none' | 'partner', topics: string[]): Promise<string> => {
    const body = { name: as, url: `${stage.partner.url}/${as}`, topics, ordered };
    const answer = await hub.call('POST', '/api/v1/webhooks', { as, body });
    if (answer.status !== 201) throw new Error(`no webhook: ${answer.text}`);
    return `webhook-${answer.body.webhookId}`;
  };
  const partnerIds = {
    ofd: await make('ofd', 'none', ['receipts.accepted']),
    manufacturer: await make('manufacturer', 'partner', ['document.*']),
  };
  await stage.db.query(`update partner set policy = policy || $1, changed_at = changed_at + interval '1 s'`, [
    JSON.stringify(POLICY),
  ]);
  return partnerIds;
}

async function getsThrough(stage: Stage, history: History, withinMs: number): Promise<void> {
  const known = new Set(history.receipts);
  const arrived = (): boolean => {
    for (const { body, path, answeredWith } of stage.partner.received.toReversed()) {
      if (path !== '/ofd' || answeredWith.kind !== 'ok') continue;
      const { data } = JSON.parse(String(body));
      if (data.receiptIds.some((id: string) => history.receipts.has(id) && !known.has(id))) return true;
    }
    return false;
  };
  const deadline = Date.now() + withinMs;
  while (!arrived()) {
    if (Date.now() > deadline) throw new Error(`nothing got through within ${withinMs} ms`);
    await delay(LOOK_MS);
  }
}

async function finish(stage: Stage, history: History, load: Load): Promise<Scoreboard> {
  await load.stop();
  let least = Number.POSITIVE_INFINITY;
  let deadline = 0;
  for (;;) {
    const { rows } = await stage.db.query<{ left: number }>(UNFINISHED);
    const left = rows[0]?.left ?? 0;
    if (left === 0) break;
    if (left < least) deadline = Date.now() + QUIET_MS;
    least = Math.min(least, left);
    if (Date.now() > deadline) {
      console.log(JSON.stringify((await stage.db.query(STILL_OPEN)).rows));
      break;
    }
    await delay(LOOK_MS);
  }
  const board = await score(stage.db, history, stage.partner.received);
  for (const odd of [...history.oddAnswers, ...history.lost].slice(0, TOLD_MAX)) console.log(`      ${odd}`);
  if (board.lost > 0) console.log(JSON.stringify((await stage.db.query(DOCUMENTS_NOT_APPLIED)).rows));
  return board;
}
