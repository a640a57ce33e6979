import { parseArgs } from 'node:util';

export interface Options {
  /** Names of the benches to run; empty: all. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** A fifth of the amounts: to see that everything works, not to quote. */
  readonly quick: boolean;
}

const ROUNDS = 5;
const ROUNDS_MAX = 50;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds ?? ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    throw new RangeError(`--rounds takes a whole number from 1 to ${ROUNDS_MAX}`);
  }
  const only = values.only?.split(',').filter((name) => name !== '') ?? [];
  return { only, rounds, quick: values.quick };
}
