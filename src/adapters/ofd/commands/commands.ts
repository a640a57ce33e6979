import type { Answerer, Asked, Handled } from './handled.ts';
import { NOTHING_ELSE } from './handled.ts';

export type Command = (asked: Asked) => Promise<Handled>;

/** By CommandTypeEnum. What is not there is result 4. */
export type Commands = ReadonlyMap<number, Command>;

export function createAnswerer(commands: Commands): Answerer {
  return {
    answer: async (asked) => {
      const command = commands.get(asked.request.command ?? -1);
      return command === undefined ? { ...NOTHING_ELSE, result: 'unknown_command' } : await command(asked);
    },
  };
}
