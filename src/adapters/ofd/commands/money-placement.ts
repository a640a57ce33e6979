import { RULES } from '../protocol/versions.ts';
import { instantOf, tiynOf } from '../values.ts';
import type { Command } from './commands.ts';
import { NOTHING_ELSE } from './handled.ts';

const OPERATIONS = ['deposit', 'withdrawal'] as const;

/** COMMAND_MONEY_PLACEMENT: cash put into the register or taken out; it is kept. */
export const moneyPlacementCommand: Command = async ({ request: { money_placement: placement }, version }) => {
  const at = instantOf(placement?.datetime);
  const sum = tiynOf(placement?.sum);
  const operation = OPERATIONS[placement?.operation ?? -1];
  if (placement === undefined || at === null || sum === null || operation === undefined) {
    return { ...NOTHING_ELSE, result: 'incorrect_request_data', text: 'money_placement' };
  }
  if (RULES[version].operatorOfMoneyPlacement && placement.operator === undefined) {
    return { ...NOTHING_ELSE, result: 'incorrect_request_data', text: 'money_placement.operator' };
  }
  return {
    ...NOTHING_ELSE,
    result: 'ok',
    document: { kind: 'money-placement', details: { operation, sum, at: at.toISOString() } },
  };
};
