import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { insertKey } from '../../access/api-keys.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { newId } from '../../store/ids.ts';
import { writeAudit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { TanbaError } from '../errors.ts';
import type { ApplicationLimits } from './application-limits.ts';
import type {
  Application,
  ApplicationDecision,
  ApplicationFilter,
  ApplicationRequest,
  ApplicationRow,
} from './application-store.ts';
import {
  decideApplication,
  findApplication,
  insertApplication,
  lockApplication,
  markKeyIssued,
  selectApplications,
} from './application-store.ts';
import { isValidBin, kindOfNumber } from './bin.ts';
import { recordChange } from './participant-events.ts';
import { checkName, findRegistered, insertParticipant, putContact } from './participant-store.ts';
import type { Operator } from './supervision.ts';

/** Knows the secret that the application was answered with. */
export interface Applicant {
  readonly secret: string | undefined;
  readonly ip: string;
}

export interface MadeApplication {
  readonly applicationId: string;
  /** Told this once: the store keeps its digest. */
  readonly secret: string;
  readonly status: 'waiting';
  readonly answerDueAt: Date;
}

/** From a stranger's application to the first key of a participant (order 44-н/қ, p. 12). */
export interface Applications {
  /**
   * @throws TanbaError participants.bin_invalid, participants.number_impossible, participants.bin_registered,
   * participants.suspended, participants.application_waiting, participants.too_many_applications
   */
  apply(request: ApplicationRequest, ip: string): Promise<MadeApplication>;
  /** Whoever does not know the secret is told that there is none. @throws TanbaError participants.application_unknown */
  find(applicant: Applicant, applicationId: string): Promise<Application>;
  withdraw(applicant: Applicant, applicationId: string): Promise<void>;
  /**
   * The first API key of an approved applicant, once.
   * @throws TanbaError participants.application_not_approved, participants.key_taken, participants.suspended
   */
  firstKey(applicant: Applicant, applicationId: string): Promise<string>;
  /** With contacts, which leaves its trace. */
  page(operator: Operator, filter: ApplicationFilter): Promise<readonly ApplicationRow[]>;
  /** @throws TanbaError participants.application_decided, where another operator was faster */
  approve(operator: Operator, applicationId: string): Promise<void>;
  refuse(operator: Operator, applicationId: string, reason: string): Promise<void>;
}

export interface ApplicationsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly limits: ApplicationLimits;
}

// Order 44-н/қ, p. 12: the answer comes within 24 hours.
const ANSWER_MS = 24 * 3_600_000;
const SECRET_BYTES = 32;
const FIRST_KEY_LABEL = 'first';

export function isOverdue({ status, answerDueAt }: Application, now: Date): boolean {
  return status === 'waiting' && answerDueAt.getTime() < now.getTime();
}

export function createApplications({ db, clock, limits }: ApplicationsDeps): Applications {
  return {
    apply: async (request, ip) => {
      const wait = await limits.take(ip);
      if (wait > 0) throw new TanbaError('participants.too_many_applications', { retryAfterSeconds: wait });
      checkNumber(request.bin);
      checkName(request.name);
      return await db.transaction((tx) => applyIn(tx, request, ip, clock.now()));
    },
    find: async ({ secret }, applicationId) => known(await findApplication(db, applicationId), secret),
    withdraw: (applicant, applicationId) =>
      db.transaction(async (tx) => {
        const application = known(await lockApplication(tx, applicationId), applicant.secret);
        const decision = { status: 'withdrawn', at: clock.now(), by: null, reason: null } as const;
        await decide(tx, application, decision, applicant.ip);
      }),
    firstKey: (applicant, applicationId) =>
      db.transaction(async (tx) => {
        const application = known(await lockApplication(tx, applicationId), applicant.secret);
        return await issueFirstKey(tx, application, applicant.ip, clock.now());
      }),
    page: async ({ bin, ip }, filter) => {
      const { status, after } = filter;
      const details = { ground: 'role', status, after };
      const action = 'participant_applications.read';
      await writeAudit(db, { at: clock.now(), bin, ip, action, subject: null, details });
      return await selectApplications(db, filter);
    },
    approve: (operator, applicationId) =>
      db.transaction(async (tx) => {
        const application = existing(await lockApplication(tx, applicationId));
        const at = clock.now();
        await decide(tx, application, { status: 'approved', at, by: operator.bin, reason: null }, operator.ip);
        await register(tx, application, operator, at);
      }),
    refuse: (operator, applicationId, reason) =>
      db.transaction(async (tx) => {
        const application = existing(await lockApplication(tx, applicationId));
        const decision = { status: 'refused', at: clock.now(), by: operator.bin, reason } as const;
        await decide(tx, application, decision, operator.ip);
      }),
  };
}

function checkNumber(bin: string): void {
  if (!isValidBin(bin)) throw new TanbaError('participants.bin_invalid', { path: '/bin', details: { bin } });
  if (kindOfNumber(bin) === null) {
    throw new TanbaError('participants.number_impossible', { path: '/bin', details: { bin } });
  }
}

async function applyIn(
  tx: Transaction,
  request: ApplicationRequest,
  ip: string,
  appliedAt: Date,
): Promise<MadeApplication> {
  const { bin, role } = request;
  await refuseRegistered(tx, bin);
  const applicationId = newId(appliedAt);
  const answerDueAt = new Date(appliedAt.getTime() + ANSWER_MS);
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const application = { ...request, applicationId, appliedAt, answerDueAt, ip, secretHash: digest(secret) };
  if (!(await insertApplication(tx, application))) {
    throw new TanbaError('participants.application_waiting', { path: '/bin', details: { bin } });
  }
  const action = 'participant_application.made';
  await writeAudit(tx, { at: appliedAt, bin: null, ip, action, subject: applicationId, details: { of: bin, role } });
  return { applicationId, secret, status: 'waiting', answerDueAt };
}

/** A suspended participant is reinstated; it cannot begin anew beside its suspension. */
async function refuseRegistered(tx: Transaction, bin: string): Promise<void> {
  const registered = await findRegistered(tx, bin);
  if (registered === null) return;
  const code = registered.active ? 'participants.bin_registered' : 'participants.suspended';
  throw new TanbaError(code, { path: '/bin', details: { bin } });
}

function existing(application: ApplicationRow | null): ApplicationRow {
  if (application === null) throw new TanbaError('participants.application_unknown');
  return application;
}

const NO_DIGEST = Buffer.alloc(32);

/** The application, for whoever knows its secret: for others it does not exist. */
function known(application: ApplicationRow | null, secret: string | undefined): ApplicationRow {
  const right = timingSafeEqual(digest(secret ?? ''), application?.secretHash ?? NO_DIGEST);
  return existing(right ? application : null);
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

async function decide(
  tx: Transaction,
  { applicationId, bin, role, status }: ApplicationRow,
  decision: ApplicationDecision,
  ip: string,
): Promise<void> {
  if (status !== 'waiting') throw new TanbaError('participants.application_decided', { details: { status } });
  await decideApplication(tx, applicationId, decision);
  const { reason } = decision;
  await writeAudit(tx, {
    at: decision.at,
    bin: decision.by,
    ip,
    action: `participant_application.${decision.status}`,
    subject: applicationId,
    details: { of: bin, role, ...(reason === null ? {} : { reason }) },
  });
}

async function register(tx: Transaction, application: ApplicationRow, operator: Operator, at: Date): Promise<void> {
  const { applicationId, bin, name, role, legalAddress, kato, contact } = application;
  if (!(await insertParticipant(tx, { bin, name, role, address: { legalAddress, kato } }, at))) {
    // Registered by a command since it applied.
    await refuseRegistered(tx, bin);
  }
  if (contact !== null) await putContact(tx, bin, contact, at);
  await recordChange(tx, { at, bin, event: 'registered', actor: operator, details: { role, applicationId } });
}

async function issueFirstKey(
  tx: Transaction,
  { applicationId, bin, status, keyIssuedAt }: ApplicationRow,
  ip: string,
  at: Date,
): Promise<string> {
  if (status !== 'approved') {
    throw new TanbaError('participants.application_not_approved', { details: { status } });
  }
  if (keyIssuedAt !== null) throw new TanbaError('participants.key_taken');
  if ((await findRegistered(tx, bin))?.active !== true) {
    throw new TanbaError('participants.suspended', { details: { bin } });
  }
  await markKeyIssued(tx, applicationId, at);
  return await insertKey(tx, { at, bin, label: FIRST_KEY_LABEL, demo: false, ip });
}
