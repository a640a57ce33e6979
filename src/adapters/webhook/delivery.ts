import type { Clock } from '../../core/clock.ts';
import type { Adapter, AttemptResult, Dispatch } from '../../exchange/adapter.ts';
import type { AddressGuard } from './address-guard.ts';
import { schemeOf } from './address-guard.ts';
import { verdictOn } from './classification.ts';
import { createWebhookClient, type Target, targetOf } from './client.ts';
import { bodyMapper, type MapBody } from './mapping.ts';
import { maskUrl } from './masking.ts';
import { explainReach } from './reach.ts';
import type { WebhookSecrets } from './secrets.ts';
import { readSettings, WebhookSettings } from './settings.ts';
import { signatureHeaders } from './signature.ts';

export interface WebhookDeliveryDeps {
  readonly guard: AddressGuard;
  readonly secrets: Pick<WebhookSecrets, 'signingKeys'>;
  readonly clock: Clock;
  /** Certificates trusted in place of the usual ones, PEM. */
  readonly ca?: string;
}

/** What a partner's settings come to, made once. */
interface Prepared {
  readonly target: Target | null;
  /** Why it cannot be called at all. */
  readonly refusal: string | null;
  readonly shownUrl: string;
  readonly mapBody: MapBody;
  readonly mappingVersion: string | null;
}

const USER_AGENT = 'Tanba-Webhooks/1';

export function createWebhookDelivery(deps: WebhookDeliveryDeps): Adapter {
  const { guard, secrets, clock } = deps;
  const client = createWebhookClient(deps);
  // Settings are replaced, never changed: as long as the object lives it says the same.
  const preparedOf = new WeakMap<object, Prepared>();

  function prepared(settings: Readonly<Record<string, unknown>>): Prepared {
    const known = preparedOf.get(settings);
    if (known !== undefined) return known;
    const made = prepare(readSettings(settings), guard);
    preparedOf.set(settings, made);
    return made;
  }

  async function deliver(dispatch: Dispatch, signal: AbortSignal): Promise<AttemptResult> {
    const { target, refusal, shownUrl, mapBody, mappingVersion } = prepared(dispatch.partner.settings);
    const body = mapBody(dispatch.body);
    const sent = { method: 'POST', url: shownUrl, bytes: body.length, mapping: mappingVersion };
    if (target === null) return { outcome: 'failed', code: refusal ?? 'url.refused', sent, answer: null };
    const keys = await secrets.signingKeys(dispatch.partner.partnerId);
    if (keys.length === 0) return { outcome: 'infrastructure', code: 'secret.missing', sent, answer: null };
    const headers = {
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      traceparent: dispatch.traceparent,
      ...signatureHeaders(keys, dispatch.messageId, dispatch.now, body),
    };
    const exchange = await client.exchange(target, { method: 'POST', headers, body }, signal);
    const times = exchange.again === true ? 2 : 1;
    return { ...verdictOn(exchange, signal, clock.now()), sent: { ...sent, signatures: keys.length, times } };
  }

  return {
    name: 'webhook',
    settings: WebhookSettings,
    policy: {},
    deliver,
    render: (dispatch, settings) => prepared(settings).mapBody(dispatch.body),
    explainReach: (partner, signal) => explainReach({ ...deps, client, deliver }, partner, signal),
    close: async () => client.close(),
  };
}

function prepare({ url: address, mapping }: WebhookSettings, guard: AddressGuard): Prepared {
  const url = new URL(address);
  const scheme = schemeOf(url);
  const refusal = guard.refusalOf(url);
  return {
    target: scheme === null || refusal !== null ? null : targetOf(url, scheme),
    refusal: refusal === null ? null : refusal.code.replace(/^webhooks\./, 'url.'),
    shownUrl: maskUrl(url),
    mapBody: bodyMapper(mapping),
    mappingVersion: mapping?.version ?? null,
  };
}
