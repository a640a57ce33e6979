import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../durable-file.ts';
import { StartError } from '../start-error.ts';
import type { Account } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { runCommand } from './command.ts';

export const SUPERUSER = 'tanba';
const INITDB_TIMEOUT_MS = 120_000;

// Bytewise and the same on every machine; texts for people are sorted by ICU collations. C where the C library has no
// C.UTF-8: the two order alike.
const LOCALES = ['C.UTF-8', 'C'] as const;

function initdbArguments(folder: string, locale: string): string[] {
  return [
    `--pgdata=${folder}`,
    `--username=${SUPERUSER}`,
    `--locale=${locale}`,
    '--encoding=UTF8',
    '--auth-local=trust',
    '--auth-host=reject',
    '--data-checksums',
    '--no-instructions',
  ];
}

/** Made aside and renamed, so that a data folder that exists is whole, whenever initdb was killed. */
export async function initialiseCluster(pgData: string, binaries: Binaries, account: Account): Promise<void> {
  const unfinished = `${pgData}.initialising`;
  const failures: string[] = [];
  for (const locale of LOCALES) {
    await rm(unfinished, { recursive: true, force: true });
    const { code, output } = await runCommand(join(binaries.folder, 'initdb'), initdbArguments(unfinished, locale), {
      account,
      timeoutMs: INITDB_TIMEOUT_MS,
    });
    if (code === 0) {
      await rename(unfinished, pgData);
      await syncFolder(dirname(pgData));
      return;
    }
    failures.push(`initdb --locale=${locale} ended with ${code ?? 'a timeout'}:\n${output}`);
  }
  throw new StartError(`The database could not be initialised in ${pgData}.\n${failures.join('\n')}`);
}

/** Binaries for a new cluster (major null) or one that exists, or an error that says what to do. */
export async function requireBinaries(
  pgData: string,
  account: Account,
  major: number | null,
  env: NodeJS.ProcessEnv,
): Promise<Binaries> {
  const search = await findBinaries(account, major, env);
  if ('found' in search) return search.found;
  const seen = search.seen.length === 0 ? ['  nothing'] : search.seen.map((line) => `  ${line}`);
  if (major === null) {
    throw new StartError(
      [
        'No usable PostgreSQL 15 or newer was found. Install one (Debian: apt-get install postgresql), name its bin folder',
        'in TANBA_PG_BIN, or name a running server in DATABASE_URL. Seen:',
        ...seen,
      ].join('\n'),
    );
  }
  const other = search.newest;
  const newBin = other === null ? '<bin folder of the new one>' : other.folder;
  throw new StartError(
    [
      `The database in ${pgData} was made by PostgreSQL ${major}, which was not found here. Seen:`,
      ...seen,
      `Either install PostgreSQL ${major} (Debian: apt-get install postgresql-${major}) or name its bin folder in`,
      'TANBA_PG_BIN, and start again. Or, with both versions installed, upgrade the data as its owner:',
      `  ${newBin}/initdb ${initdbArguments(`${pgData}.new`, 'C.UTF-8').join(' ')}`,
      `  pg_upgrade --username=${SUPERUSER} --old-bindir=<bin folder of PostgreSQL ${major}> --new-bindir=${newBin} \\`,
      `    --old-datadir=${pgData} --new-datadir=${pgData}.new`,
      `  mv ${pgData} ${pgData}.${major} && mv ${pgData}.new ${pgData}`,
      'then remove "systemIdentifier" from instance.json in the data folder, start, and run: tanba recover',
    ].join('\n'),
  );
}
