import Type, { type Static } from 'typebox';
import type { Clock } from '../core/clock.ts';
import { instantOf } from '../core/documents/dates.ts';
import { type Language, TanbaError } from '../core/errors.ts';
import type { Classifier, ClassifierEntry, ClassifierVersion } from '../core/reference/classifier.ts';
import type { Classifiers } from '../core/reference/classifiers.ts';
import { IF_NONE_MATCH, matchesTag } from './etag.ts';
import { type AnyRoute, type RouteReply, route } from './route.ts';

const PATH = '/api/v1/reference';
/** Short: a version takes effect at its time, whatever was answered before. */
const CACHED = 'public, max-age=300';

const closed = { additionalProperties: false };

const At = Type.Union([Type.String({ format: 'date' }), Type.String({ format: 'date-time', maxLength: 40 })], {
  description: 'ISO 8601 date (the beginning of the day in Kazakhstan, UTC+5) or date and time with zone.',
});
const Name = Type.Object({ name: Type.String({ maxLength: 100 }) });
const Lang = Type.Enum(['kk', 'ru', 'en'], { description: '`title` and `name` in this language, not in all three.' });
const Texts = Type.Object({ kk: Type.String(), ru: Type.String(), en: Type.String() });
const EffectiveFrom = Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
  description: 'From when this version is in force; null before the first one.',
});
const Entry = Type.Object({
  code: Type.String(),
  names: Type.Optional(Texts),
  name: Type.Optional(Type.String()),
  parent: Type.Optional(Type.String()),
  attributes: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]))),
});

export interface ReferenceRoutesDeps {
  readonly classifiers: Classifiers;
  readonly clock: Clock;
}

/** Classifiers, for everybody: the same ones that the hub itself checks against. */
export function referenceRoutes(deps: ReferenceRoutesDeps): AnyRoute[] {
  return [listRoute(deps), classifierRoute(deps), diffRoute(deps)];
}

const common = { method: 'get', tag: 'reference', access: 'public' } as const;

function listRoute({ classifiers, clock }: ReferenceRoutesDeps): AnyRoute {
  return route({
    ...common,
    path: PATH,
    operationId: 'classifiers',
    summary: 'The classifiers',
    responses: {
      200: {
        description: 'Each with the dates of its versions, and what is in force now',
        schema: Type.Object({
          classifiers: Type.Array(
            Type.Object({
              name: Type.String(),
              titles: Texts,
              versions: Type.Array(Type.String({ format: 'date-time' }), { description: 'Oldest first.' }),
              entries: Type.Integer({ description: 'In force now.' }),
              etag: Type.String({ description: 'The `ETag` of what is in force now, in all languages.' }),
            }),
          ),
        }),
      },
    },
    handle: async () => {
      const now = clock.now();
      const views = classifiers.list().map(({ name, titles, versions }) => {
        const version = classifiers.at(name, now);
        const dates = versions.map(({ effectiveFrom }) => effectiveFrom?.toISOString());
        return { name, titles, versions: dates, entries: version.entries.size, etag: etagOf(version) };
      });
      return { status: 200, headers: { 'Cache-Control': CACHED }, body: { classifiers: views } };
    },
  });
}

function classifierRoute({ classifiers, clock }: ReferenceRoutesDeps): AnyRoute {
  return route({
    ...common,
    path: `${PATH}/:name`,
    operationId: 'classifier',
    summary: 'The entries of a classifier that are in force',
    params: Name,
    query: Type.Object({ at: Type.Optional(At), lang: Type.Optional(Lang) }, closed),
    headers: [IF_NONE_MATCH],
    responses: {
      200: {
        description: 'Now, or at the time asked for',
        schema: Type.Object({
          name: Type.String(),
          titles: Type.Optional(Texts),
          title: Type.Optional(Type.String()),
          source: Type.String({ description: 'The act or list that the entries follow.' }),
          note: Type.Optional(Type.Union([Texts, Type.String()])),
          effectiveFrom: EffectiveFrom,
          entries: Type.Array(Entry),
        }),
      },
      304: { description: 'It is what one has' },
      404: { description: 'There is no such classifier' },
    },
    handle: async ({ params: { name }, query: { at, lang }, headers }) => {
      const version = classifiers.at(name, timeOf(at, 'at') ?? clock.now());
      const etag = etagOf(version, lang);
      const kept = { ETag: etag, 'Cache-Control': CACHED };
      if (matchesTag(headers['if-none-match'], etag)) return { status: 304, headers: kept };
      return { status: 200, headers: kept, body: viewOf(classifiers.get(name), version, lang) };
    },
  });
}

function diffRoute({ classifiers, clock }: ReferenceRoutesDeps): AnyRoute {
  return route({
    ...common,
    path: `${PATH}/:name/diff`,
    operationId: 'classifierDiff',
    summary: 'What has changed in a classifier between two times',
    description: 'What makes of the entries at `from` those at `to` (now, where it is not named).',
    params: Name,
    query: Type.Object({ from: At, to: Type.Optional(At) }, closed),
    responses: {
      200: {
        description: 'Nothing in the three lists: nothing has changed',
        schema: Type.Object({
          name: Type.String(),
          from: EffectiveFrom,
          to: EffectiveFrom,
          added: Type.Array(Entry),
          changed: Type.Array(Entry, { description: 'As they are at `to`.' }),
          removed: Type.Array(Type.String(), { description: 'Codes.' }),
        }),
      },
      404: { description: 'There is no such classifier' },
    },
    handle: async ({ params: { name }, query }): Promise<RouteReply> => {
      const now = clock.now();
      const diff = classifiers.diff(name, timeOf(query.from, 'from') ?? now, timeOf(query.to, 'to') ?? now);
      const { added, changed, removed } = diff;
      const [from, to] = [diff.from, diff.to].map(({ effectiveFrom }) => effectiveFrom?.toISOString() ?? null);
      return {
        status: 200,
        headers: { 'Cache-Control': CACHED },
        body: { name, from, to, added, changed, removed },
      };
    },
  });
}

function timeOf(text: Static<typeof At> | undefined, parameter: string): Date | null {
  if (text === undefined) return null;
  const time = instantOf(text);
  if (time !== null) return time;
  // Zones like +05 and leap seconds pass the schema, but name no instant that we can read.
  const problem = {
    code: 'request.value_format',
    path: `/query/${parameter}`,
    details: { format: 'date, date-time' },
  } as const;
  throw new TanbaError('request.invalid', { problems: [problem] });
}

function etagOf({ digest }: ClassifierVersion, language?: Language): string {
  return language === undefined ? `"${digest}"` : `"${digest}.${language}"`;
}

function viewOf(classifier: Classifier, version: ClassifierVersion, language?: Language): object {
  const { name, titles, source, note } = classifier;
  return {
    name,
    ...(language === undefined ? { titles } : { title: titles[language] }),
    source,
    ...(note === undefined ? {} : { note: language === undefined ? note : note[language] }),
    effectiveFrom: version.effectiveFrom?.toISOString() ?? null,
    entries: [...version.entries.values()].map((entry) => (language === undefined ? entry : inOne(entry, language))),
  };
}

function inOne({ code, names, ...rest }: ClassifierEntry, language: Language): object {
  return { code, name: names[language], ...rest };
}
