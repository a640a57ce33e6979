import { TanbaError } from '../../core/errors.ts';
import { sqlState } from '../../store/database.ts';
import type { PartnerDirectory } from '../partner-directory.ts';
import { type Acknowledgement, acknowledging } from './acknowledgements.ts';
import type { Effect, Inbox, Received } from './inbox.ts';
import { type PartnerReport, reporting } from './reports.ts';

export type PartnerWord = Acknowledgement | PartnerReport;

/** Who brings the message: the participant whose system the partner is, or the operator. */
export interface Bringer {
  readonly bin: string;
  readonly isOperator: boolean;
}

export interface InboundLetter {
  readonly partnerId: string;
  /** The partner's own id of it. */
  readonly partnerMessageId: string;
  readonly word: PartnerWord;
  /** Its bytes: the same id with other bytes is a conflict. */
  readonly body: Buffer;
  readonly trace: string;
}

/** What partners tell us by themselves. Somebody else's partner is no different from one that does not exist. */
export interface InboundDoor {
  receive(letter: InboundLetter, by: Bringer): Promise<Received>;
}

export interface InboundDoorDeps {
  readonly inbox: Inbox;
  readonly directory: Pick<PartnerDirectory, 'find' | 'refresh'>;
}

const DEADLOCK = '40P01';
const TRIES = 4;

export function createInboundDoor({ inbox, directory }: InboundDoorDeps): InboundDoor {
  return {
    async receive({ partnerId, partnerMessageId, word, body, trace }, by) {
      // A partner made a moment ago by another hub.
      if (directory.find(partnerId) === undefined) await directory.refresh();
      const partner = directory.find(partnerId)?.partner;
      if (partner === undefined || !(by.isOperator || partner.bin === by.bin)) {
        throw new TanbaError('exchange.partner_unknown');
      }
      const message = { partner, partnerMessageId, kind: word.kind, body, keys: [], trace };
      return await undisturbed(() => inbox.receive(message, effectOf(partnerId, word)));
    },
  };
}

function effectOf(partnerId: string, word: PartnerWord): Effect {
  return word.kind === 'report' ? reporting(partnerId, word) : acknowledging(partnerId, word);
}

/** Attempts are written down in the order in which they end: an acknowledgement of several may cross that. */
async function undisturbed<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || sqlState(error) !== DEADLOCK) throw error;
    }
  }
}
