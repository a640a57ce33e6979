import type { Limits } from './config.ts';
import type { Catalogue } from './core/catalogue/catalogue.ts';
import type { Clock } from './core/clock.ts';
import type { CodeQueries } from './core/codes/code-queries.ts';
import { createCodeSearch } from './core/codes/code-search.ts';
import type { KeyRing } from './core/codes/key-ring.ts';
import type { MarkReader } from './core/codes/mark-reader.ts';
import type { XmlDocuments } from './core/documents/xml/xml-documents.ts';
import { createExportExpiryJob } from './core/exports/expiry-job.ts';
import { createExportDesk } from './core/exports/export-desk.ts';
import { createExporter } from './core/exports/exporter.ts';
import { createRowSource } from './core/exports/row-source.ts';
import type { ProductGroups } from './core/reference/product-groups.ts';
import type { Job } from './exchange/jobs/job.ts';
import type { Log } from './log.ts';
import { codeSearchRoutes } from './routes/code-search.ts';
import { documentSearchRoutes } from './routes/document-search.ts';
import { exportRoutes } from './routes/exports.ts';
import type { AnyRoute } from './routes/route.ts';
import type { Stops } from './stops.ts';
import type { Database } from './store/database.ts';

export interface SearchDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly keyRing: KeyRing;
  readonly productGroups: ProductGroups;
  readonly markReader: MarkReader;
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly xml: Pick<XmlDocuments, 'codes'>;
  readonly queries: CodeQueries;
  /** False where other processes write exports. */
  readonly works: boolean;
}

/** Searches and exports: the exporter is started where work is done in the background. */
export function openSearch(
  deps: SearchDeps,
  stops: Stops,
): { readonly routes: readonly AnyRoute[]; readonly jobs: readonly Job[] } {
  const { db } = deps;
  const codes = createCodeSearch(deps);
  const rowSource = createRowSource({ db, codes });
  const exporter = createExporter({ ...deps, rowSource });
  if (deps.works) {
    exporter.start();
    stops.push(() => exporter.stop());
  }
  // Elsewhere a waking would make this process a worker too.
  const desk = createExportDesk({ ...deps, rowSource, exporter: deps.works ? exporter : { wake: () => undefined } });
  return {
    routes: [...documentSearchRoutes(db), ...codeSearchRoutes(codes), ...exportRoutes(desk)],
    jobs: [createExportExpiryJob(db)],
  };
}
