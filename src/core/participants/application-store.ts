import type { Queryable, Transaction } from '../../store/database.ts';
import type { PageOf } from './participant-events.ts';
import { BEGINNING } from './participant-events.ts';
import type { Contact, LegalAddress } from './participant-store.ts';

/** The operator and authorities are not registered by application: who they are, the law says. */
export const APPLICANT_ROLES = [
  'manufacturer',
  'importer',
  'wholesaler',
  'retailer',
  'ofd',
  'service_provider',
] as const;
export type ApplicantRole = (typeof APPLICANT_ROLES)[number];

export const APPLICATION_STATUSES = ['waiting', 'approved', 'refused', 'withdrawn'] as const;
export type ApplicationStatus = (typeof APPLICATION_STATUSES)[number];

export interface ApplicationRequest extends LegalAddress {
  readonly bin: string;
  readonly name: string;
  readonly role: ApplicantRole;
  readonly contact: Contact;
}

export interface Application extends LegalAddress {
  readonly applicationId: string;
  readonly bin: string;
  readonly name: string;
  readonly role: ApplicantRole;
  readonly status: ApplicationStatus;
  readonly appliedAt: Date;
  readonly answerDueAt: Date;
  readonly decidedAt: Date | null;
  readonly reason: string | null;
  readonly keyIssuedAt: Date | null;
}

/** With what its applicant must not be told or knows already. */
export interface ApplicationRow extends Application {
  /** Null where it is kept elsewhere or no longer needed. */
  readonly contact: Contact | null;
  readonly secretHash: Buffer;
}

export interface NewApplication extends ApplicationRequest {
  readonly applicationId: string;
  readonly appliedAt: Date;
  readonly answerDueAt: Date;
  readonly ip: string;
  readonly secretHash: Buffer;
}

/** False where an application of this BIN is waiting already. */
export async function insertApplication(tx: Queryable, application: NewApplication): Promise<boolean> {
  const { applicationId, bin, name, role, legalAddress, kato, contact, appliedAt, answerDueAt, ip, secretHash } =
    application;
  const values = [applicationId, bin, name, role, legalAddress, kato, contact, appliedAt, answerDueAt, ip, secretHash];
  return (await tx.query(INSERT_APPLICATION, values)).rowCount === 1;
}

export async function findApplication(db: Queryable, applicationId: string): Promise<ApplicationRow | null> {
  return (await db.query<ApplicationRow>(SELECT_APPLICATION, [applicationId])).rows[0] ?? null;
}

/** Until the end of the transaction nobody else decides on it. */
export async function lockApplication(tx: Transaction, applicationId: string): Promise<ApplicationRow | null> {
  return (await tx.query<ApplicationRow>(LOCK_APPLICATION, [applicationId])).rows[0] ?? null;
}

export interface ApplicationDecision {
  readonly status: Exclude<ApplicationStatus, 'waiting'>;
  readonly at: Date;
  /** The operator; null: the applicant. */
  readonly by: string | null;
  readonly reason: string | null;
}

export async function decideApplication(
  tx: Transaction,
  applicationId: string,
  { status, at, by, reason }: ApplicationDecision,
): Promise<void> {
  await tx.query(DECIDE_APPLICATION, [applicationId, status, at, by, reason]);
}

export async function markKeyIssued(tx: Transaction, applicationId: string, at: Date): Promise<void> {
  await tx.query(MARK_KEY_ISSUED, [applicationId, at]);
}

export interface ApplicationFilter extends PageOf {
  readonly status: ApplicationStatus | null;
}

/** Oldest first. */
export async function selectApplications(
  db: Queryable,
  { status, after, limit }: ApplicationFilter,
): Promise<readonly ApplicationRow[]> {
  return (await db.query<ApplicationRow>(SELECT_APPLICATIONS, [status, after ?? BEGINNING, limit])).rows;
}

const APPLICATION = `
application_id as "applicationId", bin, name, role, legal_address as "legalAddress", kato, contact, status,
applied_at as "appliedAt", answer_due_at as "answerDueAt", decided_at as "decidedAt", reason,
key_issued_at as "keyIssuedAt", secret_hash as "secretHash"`;

const INSERT_APPLICATION = `
insert into participant_application
  (application_id, bin, name, role, legal_address, kato, contact, status, applied_at, answer_due_at, ip, secret_hash)
values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9, $10, $11)
on conflict (bin) where status = 'waiting' do nothing`;

const SELECT_APPLICATION = `select ${APPLICATION} from participant_application where application_id = $1`;

const LOCK_APPLICATION = `${SELECT_APPLICATION} for no key update`;

// Whom to write a refusal to is still needed; with approval the contact is the participant's, and stands there.
const DECIDE_APPLICATION = `
update participant_application
   set status = $2, decided_at = $3, decided_by = $4, reason = $5,
       contact = case when $2 = 'refused' then contact end
 where application_id = $1`;

const MARK_KEY_ISSUED = 'update participant_application set key_issued_at = $2 where application_id = $1';

const SELECT_APPLICATIONS = `
select ${APPLICATION} from participant_application
 where ($1::text is null or status = $1) and application_id > $2
 order by application_id
 limit $3`;
