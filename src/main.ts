import { ConfigError, loadConfig } from './config.ts';
import { TanbaError } from './core/errors.ts';
import { StartError } from './store/start-error.ts';

type Command = (args: readonly string[]) => Promise<void>;

/** Each command loads only what it needs. */
const COMMANDS: Readonly<Record<string, { readonly help: string; readonly run: Command }>> = {
  start: { help: 'start the hub', run: async () => (await import('./cli/start.ts')).start(loadConfig(process.env)) },
  backup: {
    help: 'backup <folder>: copy the store while it runs or stands still',
    run: async (args) => (await import('./cli/backup.ts')).backup(loadConfig(process.env), args),
  },
  restore: {
    help: 'restore <backup>: put a backup in the place of the store (the issue journal stays)',
    run: async (args) => (await import('./cli/restore.ts')).restore(loadConfig(process.env), args),
  },
  recover: {
    help: 'replay the issue journal after a restore, so that no code is ever issued twice',
    run: async (args) => (await import('./cli/recover.ts')).recoverCommand(loadConfig(process.env), args),
  },
  keys: {
    help: 'keys list | rotate <algorithm> | backup <file> | restore <file>',
    run: async (args) => (await import('./cli/keys.ts')).keys(loadConfig(process.env), args),
  },
  participant: {
    help: 'participant add … | key … | revoke …: register participants, issue and revoke API keys',
    run: async (args) => (await import('./cli/participant.ts')).participant(loadConfig(process.env), args),
  },
  product: {
    help: 'product add …: publish goods in the catalogue',
    run: async (args) => (await import('./cli/participant.ts')).product(loadConfig(process.env), args),
  },
  import: {
    help: 'import <folder> [--check] [--skip-bad]: take over participants, goods and codes of another system',
    run: async (args) => (await import('./cli/import.ts')).importCommand(loadConfig(process.env), args),
  },
  export: {
    help: 'export <folder>: everything in the store as NDJSON',
    run: async (args) => (await import('./cli/export.ts')).exportCommand(loadConfig(process.env), args),
  },
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { help }]) => `  ${name.padEnd(12)} ${help}`);
  return ['Usage: tanba <command>', '', ...lines, '', 'Settings come from the environment: see README.md.'].join('\n');
}

async function main(): Promise<void> {
  const [name = 'help', ...args] = process.argv.slice(2);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    console.log(usage());
    process.exitCode = name === 'help' || name === '--help' ? 0 : 2;
    return;
  }
  try {
    await command.run(args);
  } catch (error) {
    // Errors that tell what to do need no stack; anything else is a fault of ours and shows where.
    const told = error instanceof ConfigError || error instanceof StartError || error instanceof TanbaError;
    console.error(told ? `tanba ${name}: ${error.message}` : error);
    process.exitCode = 1;
  }
}

await main();
