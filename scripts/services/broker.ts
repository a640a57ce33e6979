import { withoutPassword } from '../../test/support/postgres.ts';
import type { OwnServer, Skipped } from '../../test/support/services/own-server.ts';
import type { Attempt } from './service.ts';

// What RabbitMQ and Redis have in common: one URL to try, and a server that the tests also start for themselves.

/** The service at `url`, if it lets us in; a mistake where the environment names one that does not. */
export async function reuseNamed(
  variable: string,
  url: string,
  whyNot: (url: string) => Promise<string | undefined>,
): Promise<Attempt> {
  const reason = await whyNot(url);
  if (reason === undefined) return { url, how: `reused ${withoutPassword(url)}`, stop: async () => {} };
  return { refused: `${withoutPassword(url)}: ${reason}`, final: Boolean(process.env[variable]) };
}

export async function startOwn(name: string, start: () => Promise<OwnServer | Skipped>): Promise<Attempt> {
  try {
    const server = await start();
    if ('skipped' in server) return { refused: server.skipped };
    return { url: server.url, how: `started ${name} at ${withoutPassword(server.url)}`, stop: server.remove };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}
