import type { Participants } from '../../../core/participants/participants.ts';
import type { Command } from './commands.ts';
import { NOTHING_ELSE } from './handled.ts';

/**
 * COMMAND_SYSTEM and COMMAND_INFO: a sign of life, and what we know of the register. Of what it tells, the time it was
 * offline is kept.
 */
export function registerInfoCommand(participants: Pick<Participants, 'find'>): Command {
  return async ({ register, request: { service } }) => {
    const { deviceId, registrationNumber, bin, shiftNumber } = register;
    const owner = service?.get_reg_info === true ? await participants.find(bin) : null;
    const offline = service?.offline_period;
    return {
      ...NOTHING_ELSE,
      result: 'ok',
      response: {
        service: {
          ...(owner === null
            ? {}
            : {
                reg_info: {
                  kkm: { fns_kkm_id: registrationNumber, kkm_id: String(deviceId) },
                  org: { title: owner.name, inn: bin },
                },
              }),
          ...(shiftNumber === null ? {} : { last_document_info: { fr_shift_number: shiftNumber } }),
        },
      },
      keepsReply: false,
      document: offline === undefined ? null : { kind: 'register-info', details: { offline: true } },
    };
  };
}
