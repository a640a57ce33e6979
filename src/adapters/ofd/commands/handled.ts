import type { Request, Response } from '../protocol/messages.ts';
import type { ResultName } from '../protocol/result-codes.ts';
import type { Version } from '../protocol/versions.ts';
import type { Advance, RegisterState } from '../registers/register-store.ts';

/** A request that is the register's next one. */
export interface Asked {
  readonly register: RegisterState;
  readonly request: Request;
  readonly version: Version;
  readonly payload: Buffer;
  /** Of the register. */
  readonly address: string;
}

/** What a request comes to, all of it repeatable: its answer may be lost before the register's state is written. */
export interface Handled extends Pick<Advance, 'shift' | 'closesShift' | 'entry' | 'document' | 'alert' | 'messages'> {
  readonly result: ResultName;
  /** What is added to the result's text. */
  readonly text: string | null;
  readonly response: Omit<Response, 'command' | 'result'>;
  /** The register's next request has to carry another token. */
  readonly rotatesToken: boolean;
  /** The same request again gets the same bytes; else it is answered anew. */
  readonly keepsReply: boolean;
}

export const NOTHING_ELSE: Omit<Handled, 'result'> = {
  text: null,
  response: {},
  rotatesToken: false,
  keepsReply: true,
  shift: null,
  closesShift: null,
  entry: null,
  document: null,
  alert: null,
  messages: [],
};

/** Answers the commands of the protocol. Throws for what is our own fault only. */
export interface Answerer {
  answer(asked: Asked): Promise<Handled>;
}
