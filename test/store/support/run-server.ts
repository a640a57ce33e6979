import { createLog } from '../../../src/log.ts';
import { lockDataFolder } from '../../../src/store/data-lock.ts';
import { startEmbeddedServer } from '../../../src/store/embedded/server.ts';

// A hub without its HTTP: holds the data folder given and its PostgreSQL, says where, and stops on SIGTERM.
try {
  const dataFolder = process.argv[2] ?? '';
  const lock = await lockDataFolder(dataFolder);
  const server = await startEmbeddedServer({ dataFolder, log: createLog('silent') });
  const stop = async (): Promise<void> => {
    await server.stop();
    await lock.release();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.stdout.write(`${JSON.stringify({ host: server.connection.host })}\n`);
  setInterval(() => {}, 60_000);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
}
