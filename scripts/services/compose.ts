import { fileURLToPath } from 'node:url';
import { run } from './command.ts';
import type { Attempt, Service } from './service.ts';

const QUESTION_TIMEOUT_MS = 15_000;
const UP_TIMEOUT_MS = 300_000;
const files = ['docker-compose.yml', 'deploy/docker-compose.test.yml'].map((file) =>
  fileURLToPath(new URL(`../../${file}`, import.meta.url)),
);

/** The project's own Compose service, under a project of this run, on a port that Docker chooses. */
export async function startByCompose(service: Service, runId: string): Promise<Attempt> {
  const engine = await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: QUESTION_TIMEOUT_MS });
  if (engine.code !== 0) return { refused: 'no Docker engine answers' };
  const compose = (args: readonly string[], timeoutMs: number) =>
    run('docker', ['compose', '-p', `tanba-test-${runId}`, ...files.flatMap((file) => ['-f', file]), ...args], {
      // Compose insists on every secret of the file, also of services that are not started.
      env: {
        ...process.env,
        POSTGRES_PASSWORD: 'test',
        RABBITMQ_PASSWORD: 'test',
        REDIS_PASSWORD: 'test',
        TANBA_MASTER_KEY: '0'.repeat(64),
      },
      timeoutMs,
    });
  const down = async (): Promise<void> => {
    await compose(['down', '--volumes', '--timeout', '5'], UP_TIMEOUT_MS);
  };
  const up = await compose(['up', '--detach', '--wait', service.compose.service], UP_TIMEOUT_MS);
  if (up.code !== 0) {
    await down();
    return { refused: `docker compose up failed: ${up.output.trim().split('\n').at(-1) ?? ''}` };
  }
  const published = await compose(['port', service.compose.service, String(service.compose.port)], QUESTION_TIMEOUT_MS);
  const hostPort = published.stdout.trim().split(':').at(-1);
  if (published.code !== 0 || !hostPort) {
    await down();
    return { refused: `docker compose port: ${published.output.trim()}` };
  }
  return { url: service.compose.url(hostPort), how: `started by Docker Compose on port ${hostPort}`, stop: down };
}
