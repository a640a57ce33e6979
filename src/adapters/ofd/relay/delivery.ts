import { once } from 'node:events';
import { connect } from 'node:net';
import { Check } from 'typebox/value';
import { storableText } from '../../../core/storable.ts';
import type { Adapter, AttemptOutcome, AttemptResult, Dispatch, ReachabilityStep } from '../../../exchange/adapter.ts';
import type { Partner } from '../../../exchange/partner.ts';
import type { Database, Queryable } from '../../../store/database.ts';
import { askOfd, OfdUnreachable } from '../client.ts';
import { type Codec, ProtocolError } from '../protocol/codec.ts';
import type { Frame } from '../protocol/frame.ts';
import { RESULTS, type ResultName, resultNameOf } from '../protocol/result-codes.ts';
import { RelayedRequest } from './relay-message.ts';
import { RelaySettings, readRelaySettings } from './relay-settings.ts';

/**
 * Hands a register's requests on to another fiscal data operator, as that register. The same request keeps its number and
 * token until it is answered: repeated, it is answered from what is stored there.
 */
export function createRelayDelivery(db: Database, codec: Codec): Adapter {
  return {
    name: 'ofd',
    settings: RelaySettings,
    // What a register sent reaches the other operator in its order, one by one.
    policy: { order: 'object' },
    deliver: (dispatch, signal) => deliver(db, codec, dispatch, signal),
    render: (dispatch) => Buffer.from(relayedOf(dispatch).request, 'base64'),
    explainReach,
    close: async () => {},
  };
}

interface Session {
  readonly token: number;
  readonly requestNumber: number;
}

const READ_SESSION = `
select token, request_number as "requestNumber" from relayed_register where partner_id = $1 and device_id = $2`;

const KEEP_SESSION = `
insert into relayed_register (partner_id, device_id, token, request_number) values ($1, $2, $3, $4)
on conflict (partner_id, device_id) do update set token = excluded.token, request_number = excluded.request_number`;

const NUMBERS = 0x1_0000;
/** Of what the other operator says, for ours. */
const TEXT_KEPT = 200;

async function deliver(db: Database, codec: Codec, dispatch: Dispatch, signal: AbortSignal): Promise<AttemptResult> {
  const { partner } = dispatch;
  const settings = readRelaySettings(partner.settings);
  const relayed = relayedOf(dispatch);
  const known = settings.registers.find(({ deviceId }) => deviceId === relayed.deviceId);
  const address = `${settings.host}:${settings.port}`;
  if (known === undefined) {
    return { outcome: 'rejected', code: 'ofd.register_not_relayed', sent: { address }, answer: null };
  }
  const session = (await readSession(db, partner.partnerId, relayed.deviceId)) ?? {
    token: known.token,
    requestNumber: 0,
  };
  const requestNumber = (session.requestNumber + 1) % NUMBERS;
  const request: Frame = {
    version: relayed.version,
    deviceId: known.theirDeviceId,
    token: session.token,
    requestNumber,
    payload: Buffer.from(relayed.request, 'base64'),
  };
  const sent = { address, deviceId: known.theirDeviceId, requestNumber, bytes: request.payload.length };
  try {
    const answer = await askOfd(settings, request, signal);
    const { result } = codec.decodeResponse(answer.payload);
    const name = resultNameOf(result?.result_code ?? -1);
    if (takesNumber(name)) {
      await db.query(KEEP_SESSION, [partner.partnerId, relayed.deviceId, answer.token, requestNumber]);
    }
    const told = {
      result: result?.result_code ?? null,
      text: storableText((result?.result_text ?? '').slice(0, TEXT_KEPT)),
    };
    return { ...outcomeOf(name), sent, answer: told };
  } catch (error) {
    return { ...failureOf(error), sent, answer: null };
  }
}

async function readSession(db: Queryable, partnerId: string, deviceId: number): Promise<Session | null> {
  const { rows } = await db.query<{ token: string; requestNumber: number }>(READ_SESSION, [partnerId, deviceId]);
  const [row] = rows;
  return row === undefined ? null : { token: Number(row.token), requestNumber: row.requestNumber };
}

/** Refusals for a while, and of the header alone, leave the number free. */
const FREE: readonly ResultName[] = [
  'unknown_id',
  'invalid_token',
  'invalid_request_number',
  'invalid_retry',
  'protocol_error',
];

function takesNumber(name: ResultName | null): boolean {
  return name !== null && !RESULTS[name].retry && !FREE.includes(name);
}

function outcomeOf(name: ResultName | null): Pick<AttemptResult, 'outcome' | 'code' | 'overloaded'> {
  if (name === null) return { outcome: 'failed', code: 'ofd.unknown_result' };
  const code = `ofd.${name}`;
  if (name === 'ok') return { outcome: 'delivered', code };
  // Token and number out of step: an operator has to put it right, and then it goes.
  if (FREE.includes(name)) return { outcome: 'failed', code };
  if (RESULTS[name].retry) return { outcome: 'failed', code, overloaded: name === 'temporarily_unavailable' };
  return { outcome: 'rejected', code };
}

function failureOf(error: unknown): { readonly outcome: AttemptOutcome; readonly code: string } {
  if (error instanceof ProtocolError) return { outcome: 'failed', code: 'ofd.broken_answer' };
  if (!(error instanceof OfdUnreachable)) throw error;
  // Asked again under the same number, the other side answers what it has stored.
  return { outcome: error.phase === 'connecting' ? 'failed' : 'uncertain', code: `tcp.${error.code}` };
}

/** @throws TypeError a message that is none of ours. */
function relayedOf({ body }: Pick<Dispatch, 'body'>): RelayedRequest {
  const envelope: unknown = JSON.parse(body.toString('utf8'));
  const data: unknown = typeof envelope === 'object' && envelope !== null && 'data' in envelope ? envelope.data : null;
  if (Check(RelayedRequest, data)) return data;
  throw new TypeError('not a relayed request');
}

const REACH_MS = 5_000;

async function explainReach(partner: Partner, signal: AbortSignal): Promise<readonly ReachabilityStep[]> {
  if (!Check(RelaySettings, partner.settings)) {
    return [
      { step: 'settings', outcome: 'bad', finding: 'The settings do not name host, port and registers.', details: {} },
    ];
  }
  const { host, port, registers } = partner.settings;
  const settings: ReachabilityStep = {
    step: 'settings',
    outcome: 'good',
    finding: `It serves ${registers.length} registers.`,
    details: { registers: registers.length },
  };
  const socket = connect({ host, port, signal: AbortSignal.any([signal, AbortSignal.timeout(REACH_MS)]) });
  try {
    await once(socket, 'connect');
    return [settings, { step: 'tcp', outcome: 'good', finding: `Port ${port} answers.`, details: { host, port } }];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'timeout';
    return [
      settings,
      { step: 'tcp', outcome: 'bad', finding: `Nothing answers: ${code}.`, details: { host, port, code } },
    ];
  } finally {
    socket.destroy();
  }
}
