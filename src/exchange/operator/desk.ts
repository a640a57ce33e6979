import type { Clock } from '../../core/clock.ts';
import type { MarkReader } from '../../core/codes/mark-reader.ts';
import type { Database } from '../../store/database.ts';
import type { Adapter } from '../adapter.ts';
import type { PartnerDirectory } from '../partner-directory.ts';
import { type AlertPage, type AlertQuery, listAlerts } from './alerts.ts';
import { createDecisions, type Decisions } from './decisions.ts';
import { createDryRuns, type DryRuns } from './dry-run.ts';
import { createMessageViews, type MessageViews } from './message-view.ts';
import { createPartnerChanges, type PartnerChanges } from './partner-changes.ts';
import { createPartnerChecks } from './partner-checks.ts';
import { createPartners, type Partners, type QueueSnapshot } from './partners.ts';
import { createReplays, type Replays } from './replay.ts';
import { createSearch, type Search } from './search.ts';

/** What operators see of the exchange, and what they decide about it. */
export interface OperatorDesk {
  readonly messages: Search & MessageViews;
  readonly decisions: Decisions & Replays;
  readonly partners: Partners & PartnerChanges & DryRuns;
  alerts(query: AlertQuery): Promise<AlertPage>;
}

export interface OperatorDeskDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly adapters: readonly Adapter[];
  readonly directory: Pick<PartnerDirectory, 'find'>;
  readonly markReader: Pick<MarkReader, 'read'>;
  readonly snapshot: () => QueueSnapshot | null;
}

export function createOperatorDesk(deps: OperatorDeskDeps): OperatorDesk {
  const checks = createPartnerChecks(deps.adapters);
  return {
    messages: { ...createSearch(deps), ...createMessageViews(deps) },
    decisions: { ...createDecisions(deps), ...createReplays(deps) },
    partners: {
      ...createPartners(deps),
      ...createPartnerChanges({ ...deps, checks }),
      ...createDryRuns({ ...deps, checks }),
    },
    alerts: (query) => listAlerts(deps.db, query),
  };
}
