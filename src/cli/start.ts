import type { Config } from '../config.ts';
import { startHub } from '../hub.ts';
import { createLog } from '../log.ts';

/** Starts the hub and stays until Ctrl-C or SIGTERM; a second signal does not wait any longer. */
export async function start(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  const stopRequested = new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const startedAt = performance.now();
  const hub = await startHub(config, { log });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(greeting(config, hub.baseUrl, hub.store, seconds));
  if (hub.issuingLocked !== null) {
    console.log(`No codes are issued (${hub.issuingLocked}): run "npx tanba recover"; the hub notices by itself.`);
  }
  const signal = await stopRequested;
  console.log(`\n${signal}: finishing what is under way …`);
  process.once('SIGINT', () => process.exit(130));
  await hub.stop();
  console.log('Stopped.');
  // Whatever a library still holds open must not keep a stopped hub alive.
  process.exit(0);
}

function greeting(config: Config, baseUrl: string, store: string, seconds: string): string {
  const lines = [
    `Tanba is ready after ${seconds} s.`,
    `  API            ${baseUrl}/api/docs   (OpenAPI: ${baseUrl}/api/openapi.json)`,
    `  Public check   ${baseUrl}/api/public/check?code=…`,
    `  Health         ${baseUrl}/health/ready   Metrics: ${baseUrl}/metrics`,
    `  Store          ${store}`,
  ];
  if (!config.production) {
    lines.push(`  DEMO           keys and goods in ${config.dataFolder}/demo.json; try: npm run tour`);
  }
  return `${lines.join('\n')}\n  Stop with Ctrl-C.`;
}
