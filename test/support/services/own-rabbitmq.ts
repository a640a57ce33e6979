import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../scripts/services/command.ts';
import { beginLife, newServerFolder, type OwnServer, type Skipped } from './own-server.ts';
import { freePort } from './ports.ts';
import { findProgram, type ServerProcess, serverEnvironment, startProcess } from './server-process.ts';

export interface OwnRabbit extends OwnServer {
  /** Empties all its queues; messages that a consumer holds unacknowledged stay. */
  purge(): Promise<void>;
  /**
   * To be called between the declaration of a queue and kill(). RabbitMQ 3 confirms a message when it is on the disk, but
   * answers a declaration while the last word on it is not; killed in that moment, it forgets the queue with all its
   * confirmed messages. On a busy machine one kill in six met that moment.
   */
  settle(): Promise<void>;
}

/** Debian's program on PATH changes the user and insists on its own folders; behind it stands the real one. */
const DEBIAN_FOLDER = '/usr/lib/rabbitmq/bin';
/** The same for each: every one has a register of names (epmd) of its own. */
const NODE = 'tanba@localhost';
// Without room for a million processes it starts a second earlier.
const ERLANG_FLAGS = '+P 65536 +sbwt none';
const ASK_TIMEOUT_MS = 60_000;

const PURGE = `
Queues = rpc:call('${NODE}', rabbit_amqqueue, list, []),
[{ok, _} = rpc:call('${NODE}', rabbit_amqqueue, purge, [Queue]) || Queue <- Queues],
halt(0).`;
// Newer ones without Mnesia sync each declaration; the call fails there, and that is well.
const SETTLE = `rpc:call('${NODE}', mnesia, sync_log, []), halt(0).`;

interface Programs {
  readonly server: string;
  readonly epmd: string;
  readonly erl: string;
}

/** `parent`: where its folder is made. Ready after some three seconds. */
export async function startOwnRabbit(parent?: string): Promise<OwnRabbit | Skipped> {
  const server = await findProgram('rabbitmq-server', [DEBIAN_FOLDER]);
  if (server === null) return { skipped: 'rabbitmq-server is not installed' };
  const [epmd, erl] = [await findProgram('epmd'), await findProgram('erl')];
  if (epmd === null || erl === null) return { skipped: 'Erlang, on which rabbitmq-server runs, is not on PATH' };
  const folder = await newServerFolder('rabbitmq', parent);
  try {
    return await startIn(folder, { server, epmd, erl });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(folder: string, { server, epmd, erl }: Programs): Promise<OwnRabbit> {
  const ports = { amqp: await freePort(), nodes: await freePort(), epmd: await freePort() };
  const env = await environment(folder, ports);
  const register = await startEpmd(epmd, folder, ports.epmd, env);
  // rabbitmqctl does the same in two seconds instead of a tenth.
  const ask = async (program: string): Promise<void> => {
    const args = ['-noinput', '-hidden', '-boot', 'start_clean', '-sname', 'asking@localhost', '-eval', program];
    const { code, output } = await run(erl, args, { env, timeoutMs: ASK_TIMEOUT_MS });
    if (code !== 0) throw new Error(`RabbitMQ could not be asked: ${output.trim()}`);
  };
  const launch = () =>
    startProcess({ program: server, args: [], env, folder, ready: /Starting broker\.\.\. completed/ });
  const life = await beginLife(launch).catch(async (error: unknown) => {
    await register.kill();
    throw error;
  });
  return {
    ...life,
    url: `amqp://guest:guest@127.0.0.1:${ports.amqp}`,
    purge: () => ask(PURGE),
    settle: () => ask(SETTLE),
    async remove() {
      await life.kill();
      await register.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Erlang would start one for the whole machine, and it would outlive us. */
function startEpmd(program: string, folder: string, port: number, env: NodeJS.ProcessEnv): Promise<ServerProcess> {
  // Only with so much debugging does it say when it listens.
  const args = ['-debug', '-debug', '-port', String(port), '-address', '127.0.0.1'];
  return startProcess({ program, args, env, folder, ready: /entering the main select/ });
}

async function environment(
  folder: string,
  ports: { readonly amqp: number; readonly nodes: number; readonly epmd: number },
): Promise<NodeJS.ProcessEnv> {
  const at = (name: string): string => join(folder, name);
  for (const name of ['home', 'mnesia', 'log']) await mkdir(at(name));
  await writeFile(at('rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${ports.amqp}\n`);
  await writeFile(at('enabled_plugins'), '[].\n');
  return {
    ...serverEnvironment,
    // The cookie, by which nodes know each other, is made there.
    HOME: at('home'),
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_FLAGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // The start script then becomes the server instead of watching over it: a signal meets the server itself.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_SERVER_ERL_ARGS: ERLANG_FLAGS,
    // Ctrl-C at our terminal is for us; we then end it.
    RABBITMQ_SERVER_START_ARGS: '+B i',
    RABBITMQ_NODENAME: NODE,
    RABBITMQ_NODE_PORT: String(ports.amqp),
    RABBITMQ_DIST_PORT: String(ports.nodes),
    RABBITMQ_MNESIA_BASE: at('mnesia'),
    RABBITMQ_LOG_BASE: at('log'),
    // All named, or those in /etc/rabbitmq would be read.
    RABBITMQ_CONF_ENV_FILE: at('rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: at('conf.d/*.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: at('advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
  };
}
