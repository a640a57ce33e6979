import { access } from 'node:fs/promises';
import { run } from './command.ts';

const UPDATE_TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 300_000;
/** Packages must not ask. */
const QUIETLY = { DEBIAN_FRONTEND: 'noninteractive' };

/** Undefined when the packages are installed now, else why they are not. */
export async function installDebianPackages(
  packages: readonly string[],
  tell: (line: string) => void,
): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return `needs root: sudo apt-get install -y ${packages.join(' ')}`;
  if (!(await exists('/etc/debian_version'))) return 'this is not Debian or Ubuntu';
  tell(`installing ${packages.join(', ')} by apt-get; they stay installed`);
  const env = { ...process.env, ...QUIETLY };
  // A failed update is no obstacle where the lists are fresh enough.
  await run('apt-get', ['update', '-q'], { env, timeoutMs: UPDATE_TIMEOUT_MS });
  const install = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  const { code, output } = await run('apt-get', install, { env, timeoutMs: INSTALL_TIMEOUT_MS });
  return code === 0 ? undefined : `apt-get install failed: ${output.trim().split('\n').at(-1) ?? ''}`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
