import Type from 'typebox';
import type { JobRunner } from '../../exchange/jobs/job-runner.ts';
import { nullable } from '../nullable.ts';
import { type AnyRoute, route } from '../route.ts';
import { BASE, closed, common, operatorOf, PAGE_MAX, TEXT_MAX, Time, Uuid } from './schemas.ts';

type Jobs = Pick<JobRunner, 'list' | 'runs' | 'requestRun'>;

const RUNS_SHOWN = 20;

const Run = Type.Object({
  runId: Uuid,
  startedAt: Time,
  endedAt: nullable(Time),
  outcome: Type.Enum(['running', 'succeeded', 'failed', 'lost']),
  requestedBy: nullable(Type.String({ description: 'BIN; null: by the schedule.' })),
  details: Type.Object({}),
});

const Job = Type.Object({
  name: Type.String(),
  schedule: Type.String({ description: 'Cron, five fields.' }),
  timeZone: Type.String(),
  describe: Type.String(),
  nextRun: Time,
  requestedBy: nullable(Type.String()),
  running: Type.Boolean(),
  lastRun: nullable(Run),
});

const ByName = Type.Object({ name: Type.String({ maxLength: TEXT_MAX }) });

export function jobRoutes(jobs: Jobs): AnyRoute[] {
  return [
    route({
      ...common,
      method: 'get',
      path: `${BASE}/jobs`,
      operationId: 'listJobs',
      summary: 'Scheduled jobs',
      responses: { 200: { description: 'All of them', schema: Type.Object({ jobs: Type.Array(Job) }) } },
      handle: async () => ({ status: 200, body: { jobs: await jobs.list() } }),
    }),
    route({
      ...common,
      method: 'get',
      path: `${BASE}/jobs/:name/runs`,
      operationId: 'listJobRuns',
      summary: 'Runs of a job, the newest first',
      params: ByName,
      query: Type.Object(
        { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX, description: '20 without it.' })) },
        closed,
      ),
      responses: { 200: { description: 'Runs', schema: Type.Object({ runs: Type.Array(Run) }) } },
      handle: async (request) => {
        const runs = await jobs.runs(request.params.name, request.query.limit ?? RUNS_SHOWN);
        return { status: 200, body: { runs } };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: `${BASE}/jobs/:name/runs`,
      operationId: 'requestJobRun',
      summary: 'Have a job run now; one that is running ends first',
      params: ByName,
      responses: { 202: { description: 'It is due' } },
      handle: async (request) => {
        await jobs.requestRun(request.params.name, operatorOf(request));
        return { status: 202 };
      },
    }),
  ];
}
