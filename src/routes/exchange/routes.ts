import type { Exchange } from '../../exchange/exchange.ts';
import { createInboundDoor } from '../../exchange/inbound/door.ts';
import type { JobRunner } from '../../exchange/jobs/job-runner.ts';
import type { OperatorDesk } from '../../exchange/operator/desk.ts';
import type { WorkItems } from '../../exchange/reconciliation/work-items.ts';
import type { AnyRoute } from '../route.ts';
import { deliveryRoutes } from './deliveries.ts';
import { inboundRoutes } from './inbound.ts';
import { jobRoutes } from './jobs.ts';
import { messageRoutes } from './messages.ts';
import { partnerRoutes } from './partners.ts';
import { stateRoutes } from './state.ts';
import { trialRoutes } from './trials.ts';
import { workItemRoutes } from './work-items.ts';

export interface ExchangeRoutesDeps {
  readonly desk: OperatorDesk;
  readonly exchange: Pick<Exchange, 'directory' | 'inbox' | 'status'>;
  readonly jobs: Pick<JobRunner, 'list' | 'runs' | 'requestRun'>;
  readonly workItems: WorkItems;
}

/** The operator's view of the exchange, and the door by which partners come in. */
export function exchangeRoutes({ desk, exchange, jobs, workItems }: ExchangeRoutesDeps): AnyRoute[] {
  const { directory, inbox } = exchange;
  return [
    ...messageRoutes(desk),
    ...deliveryRoutes(desk),
    ...partnerRoutes(desk),
    ...trialRoutes({ desk, directory }),
    ...jobRoutes(jobs),
    ...workItemRoutes(workItems),
    ...stateRoutes({ desk, exchange }),
    ...inboundRoutes(createInboundDoor({ inbox, directory })),
  ];
}
