import Type from 'typebox';
import type { Clock } from '../core/clock.ts';
import type { Application, ApplicationRow } from '../core/participants/application-store.ts';
import { APPLICANT_ROLES, APPLICATION_STATUSES } from '../core/participants/application-store.ts';
import type { Applicant, Applications } from '../core/participants/applications.ts';
import { isOverdue } from '../core/participants/applications.ts';
import { nullable } from './nullable.ts';
import {
  Address,
  After,
  actorOf,
  BASE,
  Bin,
  ContactBody,
  closed,
  Kato,
  Limit,
  Name,
  nextAfter,
  pageOf,
  Reason,
  Time,
  Uuid,
} from './participant-schemas.ts';
import { type AnyRoute, type RouteRequest, route } from './route.ts';

export interface ApplicationRoutesDeps {
  readonly applications: Applications;
  readonly clock: Clock;
}

const BODY_BYTES = 16_384;
const SECRET_HEADER = 'Tanba-Application-Secret';
const SECRET_MAX = 200;
const PATH = `${BASE}/applications`;
const NO_STORE = { 'Cache-Control': 'no-store' } as const;

const ApplicantRole = Type.Enum([...APPLICANT_ROLES]);
const Status = Type.Enum([...APPLICATION_STATUSES]);
const Id = Type.Object({ id: Uuid });

const ApplicationBody = Type.Object(
  { bin: Bin, name: Name, role: ApplicantRole, legalAddress: Address, kato: Kato, contact: ContactBody },
  closed,
);

const applicationProperties = {
  applicationId: Uuid,
  bin: Type.String(),
  name: Type.String(),
  role: ApplicantRole,
  legalAddress: Type.String(),
  kato: Type.String(),
  status: Status,
  appliedAt: Time,
  answerDueAt: Time,
  overdue: Type.Boolean({ description: 'Waiting for longer than the order allows.' }),
  decidedAt: nullable(Time),
  reason: nullable(Type.String({ description: 'Of a refusal.' })),
  keyIssuedAt: nullable(Time),
};
const ApplicationAnswer = Type.Object(applicationProperties);
const OperatorsAnswer = Type.Object({ ...applicationProperties, contact: nullable(ContactBody) });
const DecidedAnswer = Type.Object({ applicationId: Uuid, status: Status });

export function applicationRoutes(deps: ApplicationRoutesDeps): AnyRoute[] {
  return [...applicantRoutes(deps), keyRoute(deps), listRoute(deps), ...decisionRoutes(deps)];
}

/** For whoever has no key yet: known by the secret of the application. */
const applicants = {
  tag: 'participants',
  access: 'public',
  headers: [
    {
      name: SECRET_HEADER,
      description: 'The secret that the application was answered with; without it the application is not found.',
      schema: Type.String({ maxLength: SECRET_MAX }),
    },
  ],
} as const;

function applicantRoutes({ applications, clock }: ApplicationRoutesDeps): AnyRoute[] {
  return [
    route({
      tag: 'participants',
      access: 'public',
      method: 'post',
      path: PATH,
      operationId: 'apply',
      summary: 'Apply to be registered as a participant',
      description:
        'Answered by the operator within 24 hours. The secret is told this once: with it the application is followed, ' +
        'withdrawn, and the first API key fetched.',
      body: ApplicationBody,
      bodyLimitBytes: BODY_BYTES,
      responses: {
        201: {
          description: 'It waits for its answer',
          schema: Type.Object({ applicationId: Uuid, secret: Type.String(), status: Status, answerDueAt: Time }),
        },
      },
      handle: async ({ body, ip }) => {
        const made = await applications.apply(body, ip);
        return { status: 201, headers: NO_STORE, body: { ...made, answerDueAt: made.answerDueAt.toISOString() } };
      },
    }),
    route({
      ...applicants,
      method: 'get',
      path: `${PATH}/:id`,
      operationId: 'getApplication',
      summary: 'What has become of an application',
      params: Id,
      responses: { 200: { description: 'The application', schema: ApplicationAnswer } },
      handle: async (request) => {
        const application = await applications.find(applicantOf(request), request.params.id);
        return { status: 200, headers: NO_STORE, body: answerOf(application, clock.now()) };
      },
    }),
    route({
      ...applicants,
      method: 'post',
      path: `${PATH}/:id/withdraw`,
      operationId: 'withdrawApplication',
      summary: 'Withdraw an application that waits',
      params: Id,
      responses: { 200: { description: 'It is withdrawn', schema: DecidedAnswer } },
      handle: async (request) => {
        const { id } = request.params;
        await applications.withdraw(applicantOf(request), id);
        return { status: 200, body: { applicationId: id, status: 'withdrawn' } };
      },
    }),
  ];
}

function keyRoute({ applications }: ApplicationRoutesDeps): AnyRoute {
  return route({
    ...applicants,
    method: 'post',
    path: `${PATH}/:id/key`,
    operationId: 'fetchFirstKey',
    summary: 'Fetch the first API key of an approved application, once',
    params: Id,
    responses: {
      201: {
        description: 'The key, shown this one time',
        schema: Type.Object({ apiKey: Type.String({ description: 'tanba_…' }) }),
      },
    },
    handle: async (request) => {
      const apiKey = await applications.firstKey(applicantOf(request), request.params.id);
      return { status: 201, headers: NO_STORE, body: { apiKey } };
    },
  });
}

const operators = { tag: 'participants', access: 'registration' } as const;

function listRoute({ applications, clock }: ApplicationRoutesDeps): AnyRoute {
  return route({
    ...operators,
    method: 'get',
    path: PATH,
    operationId: 'listApplications',
    summary: 'Applications, oldest first',
    description: 'With contacts of those that wait or were refused; reading them leaves an audit row.',
    query: Type.Object({ status: Type.Optional(Status), after: After, limit: Limit }, closed),
    responses: {
      200: {
        description: 'A page',
        schema: Type.Object({ applications: Type.Array(OperatorsAnswer), next: nullable(Uuid) }),
      },
    },
    handle: async (request) => {
      const page = pageOf(request.query);
      const filter = { ...page, status: request.query.status ?? null };
      const found = await applications.page(actorOf(request), filter);
      const now = clock.now();
      return {
        status: 200,
        headers: NO_STORE,
        body: {
          applications: found.map((one: ApplicationRow) => ({ ...answerOf(one, now), contact: one.contact })),
          next: nextAfter(found, page.limit, ({ applicationId }) => applicationId),
        },
      };
    },
  });
}

function decisionRoutes({ applications }: ApplicationRoutesDeps): AnyRoute[] {
  return [
    route({
      ...operators,
      method: 'post',
      path: `${PATH}/:id/approve`,
      operationId: 'approveApplication',
      summary: 'Register the applicant',
      params: Id,
      responses: { 200: { description: 'It is registered', schema: DecidedAnswer } },
      handle: async (request) => {
        const { id } = request.params;
        await applications.approve(actorOf(request), id);
        return { status: 200, body: { applicationId: id, status: 'approved' } };
      },
    }),
    route({
      ...operators,
      method: 'post',
      path: `${PATH}/:id/refuse`,
      operationId: 'refuseApplication',
      summary: 'Refuse an application, with the reason that its applicant is told',
      params: Id,
      body: Type.Object({ reason: Reason }, closed),
      bodyLimitBytes: BODY_BYTES,
      responses: { 200: { description: 'It is refused', schema: DecidedAnswer } },
      handle: async (request) => {
        const { id } = request.params;
        await applications.refuse(actorOf(request), id, request.body.reason);
        return { status: 200, body: { applicationId: id, status: 'refused' } };
      },
    }),
  ];
}

function applicantOf({ headers, ip }: RouteRequest<unknown, unknown, unknown>): Applicant {
  const secret = headers[SECRET_HEADER.toLowerCase()];
  return { secret: typeof secret === 'string' ? secret : undefined, ip };
}

/** Field by field: what else the row holds is not for applicants. */
function answerOf(application: Application, now: Date) {
  const { applicationId, bin, name, role, legalAddress, kato, status, reason } = application;
  const { appliedAt, answerDueAt, decidedAt, keyIssuedAt } = application;
  return {
    applicationId,
    bin,
    name,
    role,
    legalAddress,
    kato,
    status,
    appliedAt: appliedAt.toISOString(),
    answerDueAt: answerDueAt.toISOString(),
    overdue: isOverdue(application, now),
    decidedAt: decidedAt?.toISOString() ?? null,
    reason,
    keyIssuedAt: keyIssuedAt?.toISOString() ?? null,
  };
}
