import { type Problem, TanbaError } from '../../core/errors.ts';
import { type Check, createValidation } from '../../core/validation.ts';
import type { Adapter } from '../adapter.ts';
import { calendarProblems } from '../policy/calendar.ts';
import { PolicyChanges } from '../policy/policy.ts';

/** What no route can check by itself: policies and the settings of each adapter. All refusals name the place. */
export interface PartnerChecks {
  adapter(name: string): Adapter;
  /** A field of null is left out: what it says comes from the adapter again. `ratePerSecond` and `dailyQuota` may be null. */
  policy(given: Readonly<Record<string, unknown>>): PolicyChanges;
  settings(adapter: Adapter, given: Readonly<Record<string, unknown>>): void;
}

/** Null says "no limit" there. */
const NULL_IS_A_VALUE: readonly string[] = ['ratePerSecond', 'dailyQuota'];

export function createPartnerChecks(adapters: readonly Adapter[]): PartnerChecks {
  const validation = createValidation();
  const checkPolicy = validation.json(PolicyChanges);
  const known = new Map(adapters.map((adapter) => [adapter.name, adapter]));
  const checksOfSettings = new Map<string, Check>(
    adapters.map(({ name, settings }) => [name, validation.json(settings)]),
  );

  function isPolicy(value: unknown, problems: Problem[]): value is PolicyChanges {
    problems.push(...checkPolicy(value));
    return problems.length === 0;
  }

  return {
    adapter: (name) => {
      const adapter = known.get(name);
      if (adapter !== undefined) return adapter;
      const details = { adapter: name, allowed: [...known.keys()].join(', ') };
      throw new TanbaError('exchange.adapter_unknown', { path: '/adapter', details });
    },
    policy: (given) => {
      const told = Object.fromEntries(
        Object.entries(given).filter(([name, value]) => value !== null || NULL_IS_A_VALUE.includes(name)),
      );
      const problems: Problem[] = [];
      if (!isPolicy(told, problems)) throw invalid('/policy', problems);
      const { calendar } = told;
      if (calendar !== undefined) refuse('/policy/calendar', calendarProblems(calendar));
      return told;
    },
    settings: ({ name }, given) => refuse('/settings', checksOfSettings.get(name)?.(given) ?? []),
  };
}

function refuse(below: string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw invalid(below, problems);
}

function invalid(below: string, problems: readonly Problem[]): TanbaError {
  return new TanbaError('request.invalid', {
    problems: problems.map((problem) => ({ ...problem, path: `${below}${problem.path ?? ''}` })),
  });
}
