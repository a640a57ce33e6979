import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { newTrace } from '../../core/trace.ts';
import type { Adapter, Dispatch, ReachabilityStep } from '../../exchange/adapter.ts';
import { digestOf, envelopeBytes } from '../../exchange/message.ts';
import type { Partner } from '../../exchange/partner.ts';
import { newId } from '../../store/ids.ts';
import { type AddressGuard, addressIn, schemeOf } from './address-guard.ts';
import { codeOf } from './classification.ts';
import { type Target, targetOf, type WebhookClient } from './client.ts';
import { bodyMapper } from './mapping.ts';
import { excerptOf, maskUrl } from './masking.ts';
import type { ResolvedAddress } from './name-resolution.ts';
import { type Finding, tryTcp, tryTls } from './reach-connection.ts';
import { readSettings, type WebhookSettings } from './settings.ts';

export interface ReachDeps {
  readonly guard: AddressGuard;
  readonly clock: Clock;
  readonly client: Pick<WebhookClient, 'exchange'>;
  readonly deliver: Adapter['deliver'];
  readonly ca?: string;
}

const STEP_MS = 5_000;
const CLOCK_MAX_SECONDS = 60;
const ADDRESSES_TRIED = 4;
const NOTHING = Buffer.alloc(0);
export const PING_TOPIC = 'ping';

/** What one step hands to the next. */
interface Way {
  settings: WebhookSettings | null;
  target: Target | null;
  addresses: readonly ResolvedAddress[];
  socket: Socket | null;
}

interface Step {
  readonly step: ReachabilityStep['step'];
  readonly look: (signal: AbortSignal) => Promise<Finding>;
  /** The way goes on behind it, whatever it found. */
  readonly passable?: boolean;
}

/** Goes the way of a message step by step, up to a signed ping; the first thing that is wrong ends it. */
export async function explainReach(
  deps: ReachDeps,
  partner: Partner,
  signal: AbortSignal,
): Promise<readonly ReachabilityStep[]> {
  const way: Way = { settings: null, target: null, addresses: [], socket: null };
  const ping = pingOf(partner, deps.clock.now());
  const steps: readonly Step[] = [
    { step: 'settings', look: async () => lookAtSettings(deps, partner, way) },
    { step: 'dns', look: () => lookUp(deps, way) },
    { step: 'tcp', look: (limit) => connectTo(way, limit) },
    { step: 'tls', look: (limit) => secure(deps, way, limit) },
    { step: 'clock', look: (limit) => compareClocks(deps, way, limit), passable: true },
    { step: 'auth', look: (limit) => sendPing(deps, ping, limit) },
    { step: 'schema', look: async () => renderPing(way, ping) },
  ];
  const found: ReachabilityStep[] = [];
  let open = true;
  for (const { step, look, passable = false } of steps) {
    const finding = open ? await bounded(look, signal) : NOT_TRIED;
    found.push({ step, ...finding });
    if (finding.outcome === 'bad' && !passable) open = false;
  }
  way.socket?.destroy();
  return found;
}

const NOT_TRIED: Finding = { outcome: 'not_tried', finding: 'An earlier step failed.', details: {} };

async function bounded(look: Step['look'], outer: AbortSignal): Promise<Finding> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(STEP_MS)]);
  if (signal.aborted) return timedOut();
  try {
    return await Promise.race([look(signal), once(signal, 'abort').then(timedOut)]);
  } catch (error) {
    if (signal.aborted) return timedOut();
    const code = codeOf(error) || 'unknown';
    return { outcome: 'bad', finding: `It failed: ${code}.`, details: { code } };
  }
}

function timedOut(): Finding {
  return { outcome: 'bad', finding: `Nothing came within ${STEP_MS / 1000} seconds.`, details: { code: 'timeout' } };
}

function lookAtSettings({ guard }: ReachDeps, partner: Partner, way: Way): Finding {
  const settings = readSettings(partner.settings);
  const url = new URL(settings.url);
  const scheme = schemeOf(url);
  const refusal = guard.refusalOf(url);
  const details = { url: maskUrl(url), switchedOff: partner.switchedOff, mapping: settings.mapping?.version ?? '' };
  if (scheme === null || refusal !== null) {
    const code = refusal?.code ?? 'webhooks.url_invalid';
    return { outcome: 'bad', finding: `The hub does not call this URL: ${code}.`, details: { ...details, code } };
  }
  way.settings = settings;
  way.target = targetOf(url, scheme);
  const literal = addressIn(url);
  if (literal !== null) way.addresses = [literal];
  const off = partner.switchedOff ? ' The operator has switched it off, so messages wait.' : '';
  return { outcome: 'good', finding: `The settings are well-formed.${off}`, details };
}

/** Of addresses that may not be reached only the number is told: what lies behind a private name is nobody's business. */
async function lookUp({ guard }: ReachDeps, way: Way): Promise<Finding> {
  if (way.addresses.length > 0) return { outcome: 'good', finding: 'The URL holds an address.', details: {} };
  const { host, scheme } = targetIn(way);
  const { allowed, refused } = await guard.resolve(host, scheme);
  way.addresses = allowed.slice(0, ADDRESSES_TRIED);
  const details = { name: host, addresses: allowed.map(({ address }) => address).join(', '), refused };
  return allowed.length > 0
    ? { outcome: 'good', finding: 'The name has addresses that may be reached.', details }
    : { outcome: 'bad', finding: 'The name leads only to addresses that webhooks may not reach.', details };
}

async function connectTo(way: Way, signal: AbortSignal): Promise<Finding> {
  const { socket, finding } = await tryTcp(way.addresses, targetIn(way).port, signal);
  way.socket = socket;
  return finding;
}

async function secure({ clock, ca }: ReachDeps, way: Way, signal: AbortSignal): Promise<Finding> {
  const target = targetIn(way);
  if (way.socket === null || target.scheme === 'http:') {
    return { outcome: 'not_tried', finding: 'Plain HTTP: there is no TLS.', details: {} };
  }
  return await tryTls(way.socket, target, { signal, now: clock.now(), ca });
}

async function compareClocks({ client, clock }: ReachDeps, way: Way, signal: AbortSignal): Promise<Finding> {
  const asked = { method: 'HEAD', headers: {}, body: NOTHING } as const;
  const exchange = await client.exchange(targetIn(way), asked, signal);
  const date = exchange.kind === 'answered' ? Date.parse(exchange.answer.headers.date ?? '') : Number.NaN;
  if (Number.isNaN(date)) {
    return { outcome: 'not_tried', finding: 'HEAD brought no Date, so the clocks cannot be compared.', details: {} };
  }
  const aheadSeconds = Math.round((date - clock.now().getTime()) / 1000);
  const details = { date: new Date(date).toISOString(), aheadSeconds };
  return Math.abs(aheadSeconds) <= CLOCK_MAX_SECONDS
    ? { outcome: 'good', finding: 'The clocks agree.', details }
    : { outcome: 'bad', finding: `Its clock differs by ${aheadSeconds} s: signatures may look too old.`, details };
}

async function sendPing({ deliver }: ReachDeps, ping: Dispatch, signal: AbortSignal): Promise<Finding> {
  const { outcome, code, answer } = await deliver(ping, signal);
  const status = Number(answer?.['status'] ?? 0);
  const details = { code, status, messageId: ping.messageId };
  if (outcome === 'delivered') return { outcome: 'good', finding: 'It accepted a signed ping.', details };
  const finding =
    status === 401 || status === 403
      ? `It refused the signed ping with ${status}: look at its secret and its clock.`
      : `It did not accept the signed ping: ${code}.`;
  return { outcome: 'bad', finding, details };
}

function renderPing({ settings }: Way, { body }: Dispatch): Finding {
  const rendered = bodyMapper(settings?.mapping)(body);
  const version = settings?.mapping?.version;
  const finding = version === undefined ? 'The envelope goes as it is.' : `The mapping ${version} makes a body.`;
  return { outcome: 'good', finding, details: { mapping: version ?? '', body: excerptOf(rendered) } };
}

function targetIn(way: Way): Target {
  if (way.target === null) throw new Error('a step was taken before its time');
  return way.target;
}

function pingOf(partner: Partner, now: Date): Dispatch {
  const messageId = newId(now);
  const timestamp = now.toISOString();
  const body = envelopeBytes({ id: messageId, type: PING_TOPIC, timestamp, participant: partner.bin ?? '', data: {} });
  const digest = digestOf(body);
  const traceparent = newTrace();
  return { partner, messageId, topic: PING_TOPIC, createdAt: now, body, digest, attempt: 1, traceparent, now };
}
