import { run } from './services/command.ts';

/** The checks that need no service, each an npm script of its own. */
const GATES = ['lint', 'types', 'layers', 'unused', 'lint:deploy'] as const;
/** Two at a time: each is mostly single-threaded, and small machines have two cores. */
const AT_A_TIME = 2;
const TIMEOUT_MS = 180_000;

export interface GateResult {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
  readonly seconds: number;
}

/** Runs all of them, also after one has failed, so that one run tells everything. */
export async function runGates(tell: (line: string) => void): Promise<GateResult[]> {
  const waiting = [...GATES];
  const results: GateResult[] = [];
  const worker = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const startedAt = Date.now();
      const { code, output } = await run('npm', ['run', '--silent', name], { timeoutMs: TIMEOUT_MS });
      const result = { name, passed: code === 0, output, seconds: (Date.now() - startedAt) / 1000 };
      tell(`${result.passed ? '✔' : '✖'} ${name} (${result.seconds.toFixed(1)} s)`);
      if (!result.passed) tell(output.trimEnd());
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return results;
}
