import { startByCompose } from './compose.ts';
import { installDebianPackages } from './debian.ts';
import { type Attempt, isRunning, type Running, type Service } from './service.ts';

export interface ObtainContext {
  /** For data of services of our own; removed by the caller. */
  readonly folder: string;
  /** Distinguishes the Compose projects of runs side by side. */
  readonly runId: string;
  /** Passes over what exists already. */
  readonly own: boolean;
  readonly tell: (line: string) => void;
}

export type Way = readonly [name: string, attempt: () => Promise<Attempt>];

export async function obtain(service: Service, context: ObtainContext): Promise<Running> {
  const ways: readonly Way[] = [
    ['an existing one', service.reuse],
    ['one of our own', () => service.own(context.folder)],
    ['Debian packages', () => fromDebian(service, context)],
    ['Docker Compose', () => startByCompose(service, context.runId)],
  ];
  const running = await firstThatWorks(service, context.own ? ways.slice(1) : ways);
  context.tell(`${service.name}: ${running.how}`);
  return running;
}

/** The service, by the first way that works; or an error that says what was tried and what to install. */
export async function firstThatWorks(
  service: Pick<Service, 'name' | 'instructions'>,
  ways: readonly Way[],
): Promise<Running> {
  const refusals: string[] = [];
  for (const [name, attempt] of ways) {
    const outcome = await attempt();
    if (isRunning(outcome)) return outcome;
    refusals.push(`${name}: ${outcome.refused}`);
    if (outcome.final) break;
  }
  const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  throw new Error(
    [
      `The tests need ${service.name}. Tried:`,
      ...indented(refusals),
      'What helps:',
      ...indented(service.instructions),
    ].join('\n'),
  );
}

async function fromDebian(service: Service, context: ObtainContext): Promise<Attempt> {
  const refused = await installDebianPackages(service.debianPackages, context.tell);
  return refused === undefined ? await service.own(context.folder) : { refused };
}
