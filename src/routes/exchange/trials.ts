import Type from 'typebox';
import { TanbaError } from '../../core/errors.ts';
import type { ReachabilityStep } from '../../exchange/adapter.ts';
import type { OperatorDesk } from '../../exchange/operator/desk.ts';
import type { KnownPartner, PartnerDirectory } from '../../exchange/partner-directory.ts';
import { type AnyRoute, route } from '../route.ts';
import { BASE, ByPartnerId, Count, closed, common, Time, Uuid } from './schemas.ts';

/** What tries something out and changes nothing. */
export interface TrialRoutesDeps {
  readonly desk: Pick<OperatorDesk, 'partners'>;
  readonly directory: Pick<PartnerDirectory, 'find'>;
}

const MESSAGES_MAX = 1_000;
const REACH_SECONDS = 30;

const DryRunBody = Type.Object(
  {
    settings: Type.Record(Type.String(), Type.Unknown(), { description: 'Of the adapter.' }),
    from: Time,
    to: Type.String({ format: 'date-time', description: 'Not included.' }),
    limit: Type.Integer({ minimum: 1, maximum: MESSAGES_MAX }),
  },
  closed,
);

const DryRunAnswer = Type.Object({
  same: Count,
  different: Count,
  failed: Type.Integer({ description: 'Cannot be made under these settings.' }),
  bodyErased: Count,
  differences: Type.Array(Type.Object({ messageId: Uuid, present: Type.String(), proposed: Type.String() })),
  failures: Type.Array(Type.Object({ messageId: Uuid, message: Type.String() })),
});

const ReachAnswer = Type.Object({
  steps: Type.Array(
    Type.Object({
      step: Type.Enum(['settings', 'dns', 'tcp', 'tls', 'clock', 'auth', 'schema']),
      outcome: Type.Enum(['good', 'bad', 'not_tried']),
      finding: Type.String(),
      details: Type.Object({}),
    }),
  ),
});

export function trialRoutes(deps: TrialRoutesDeps): AnyRoute[] {
  return [dryRunRoute(deps), reachRoute(deps)];
}

function dryRunRoute({ desk: { partners } }: TrialRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'post',
    path: `${BASE}/partners/:id/dry-runs`,
    operationId: 'dryRunPartner',
    summary: 'What would other settings have made of past messages? Sends nothing',
    params: ByPartnerId,
    body: DryRunBody,
    responses: { 200: { description: 'How many differ, with samples', schema: DryRunAnswer } },
    handle: async (request) => {
      const { settings, from, to, limit } = request.body;
      const range = { from: new Date(from), to: new Date(to), limit };
      return { status: 200, body: await partners.dryRun(request.params.id, settings, range) };
    },
  });
}

function reachRoute({ directory }: TrialRoutesDeps): AnyRoute {
  return route({
    ...common,
    method: 'post',
    path: `${BASE}/partners/:id/reachability`,
    operationId: 'explainPartnerReach',
    summary: 'Why does nothing arrive? Each step on the way to a partner, one after the other',
    params: ByPartnerId,
    responses: { 200: { description: 'Each step with what was found', schema: ReachAnswer } },
    handle: async (request) => {
      const known = directory.find(request.params.id);
      if (known === undefined) throw new TanbaError('exchange.partner_unknown');
      return { status: 200, body: { steps: await reach(known, request.signal) } };
    },
  });
}

async function reach({ partner, adapter }: KnownPartner, gone: AbortSignal): Promise<readonly ReachabilityStep[]> {
  const late = AbortSignal.timeout(REACH_SECONDS * 1_000);
  try {
    return await adapter.explainReach(partner, AbortSignal.any([gone, late]));
  } catch (cause) {
    if (!late.aborted) throw cause;
    throw new TanbaError('exchange.reach_timeout', { details: { seconds: REACH_SECONDS }, cause });
  }
}
