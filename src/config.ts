import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import Type, { type Static } from 'typebox';
import { Check, Errors } from 'typebox/value';

/** What one caller may send, as data in config/limits.json; published at /api/v1/limits. */
export interface Limits {
  readonly codesPerGtinPerOrder: number;
  readonly gtinsPerOrder: number;
  readonly activeOrders: number;
  readonly codesPerPack: number;
  readonly codesPerDayDefault: number;
  readonly codesPerDocument: number;
  readonly jsonBodyBytes: number;
  readonly streamBodyBytes: number;
  readonly codesPerQuery: number;
  readonly receiptsPerArray: number;
  readonly receiptsPerStream: number;
  readonly receiptLineBytes: number;
  readonly marksPerReceipt: number;
  readonly receiptQueue: number;
  readonly waitSecondsMax: number;
  readonly errorsPerDocument: number;
  readonly checkFailuresPerMinute: number;
  readonly checkFailuresPerCisPerHour: number;
  readonly codesPerTillCheck: number;
  readonly tillCheckMs: number;
  readonly applicationsPerSourcePerHour: number;
  readonly placesPerParticipant: number;
  readonly exportRowsCsv: number;
  readonly exportRowsXlsx: number;
  readonly exportsPerParticipant: number;
}

/** An adapter that shall run, as data in config/adapters.json. What its settings may be, only the adapter knows. */
export interface AdapterEntry {
  readonly name: string;
  /** Where the entry stands, for whoever has to repair it. */
  readonly file: string;
  /** The folder of an adapter that is none of the hub's own, absolute. */
  readonly folder?: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Settings that a variable may override; without a value it is not set. */
  readonly environment: readonly AdapterVariable[];
}

export interface AdapterVariable {
  readonly setting: string;
  readonly variable: string;
  readonly value?: string;
}

const ROLES = ['api', 'worker', 'all'] as const;
const OWN_ADAPTERS = fileURLToPath(new URL('../config/adapters.json', import.meta.url));
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataFolder: string;
  /** Absent: the hub starts a PostgreSQL of its own. */
  readonly databaseUrl?: string;
  readonly amqpUrl?: string;
  readonly redisUrl?: string;
  /** Sets this hub apart from others that share RabbitMQ, Redis or a database: part of the names there. */
  readonly namespace: string;
  /** Meant for a second medium: it outlives a lost or restored database. */
  readonly issueJournal: string;
  readonly keyFile: string;
  readonly masterKey?: string;
  readonly roles: (typeof ROLES)[number];
  readonly production: boolean;
  /** How many reverse proxies stand in front; so many last entries of X-Forwarded-For are theirs. */
  readonly trustProxyHops: number;
  /** In the order in which they are opened. */
  readonly adapters: readonly AdapterEntry[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly limits: Limits;
}

/** Everything that is wrong with the settings, at once, so that nobody repairs them one start at a time. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings are not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  // An empty variable is a missing one: that is how Compose files leave them out.
  const setting = (name: string) => env[name] || undefined;
  const dataFolder = resolve(setting('TANBA_DATA') ?? 'data');
  const issueJournal = setting('TANBA_ISSUE_JOURNAL');
  const databaseUrl = url(env, 'DATABASE_URL', ['postgres:', 'postgresql:'], problems);
  const amqpUrl = url(env, 'AMQP_URL', ['amqp:', 'amqps:'], problems);
  const redisUrl = url(env, 'REDIS_URL', ['redis:', 'rediss:'], problems);
  const masterKey = setting('TANBA_MASTER_KEY');
  if (masterKey !== undefined && !/^[0-9a-fA-F]{64}$/.test(masterKey)) {
    problems.push('TANBA_MASTER_KEY must be 64 hexadecimal digits (32 bytes).');
  }
  const production = setting('NODE_ENV') === 'production';
  const config: Config = {
    host: setting('HOST') ?? '127.0.0.1',
    port: wholeNumber(env, 'PORT', 8080, 65_535, problems),
    dataFolder,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(amqpUrl === undefined ? {} : { amqpUrl }),
    ...(redisUrl === undefined ? {} : { redisUrl }),
    namespace: namespaceOf(env, problems),
    issueJournal: resolve(issueJournal ?? `${dataFolder}/issue-journal`),
    keyFile: resolve(setting('TANBA_KEY_FILE') ?? `${dataFolder}/keys.json`),
    ...(masterKey === undefined ? {} : { masterKey }),
    roles: oneOf(env, 'TANBA_ROLES', ROLES, 'all', problems),
    production,
    trustProxyHops: wholeNumber(env, 'TANBA_TRUST_PROXY', 0, 10, problems),
    adapters: readAdapters(setting('TANBA_ADAPTERS') ?? OWN_ADAPTERS, env, problems),
    logLevel: oneOf(env, 'TANBA_LOG', LOG_LEVELS, 'info', problems),
    limits: readLimits(new URL('../config/limits.json', import.meta.url), problems),
  };
  if (config.production && issueJournal === undefined) {
    problems.push('TANBA_ISSUE_JOURNAL is missing: name a folder on another medium than the database.');
  }
  problems.push(...(config.production ? productionProblems(config) : demoProblems(config)));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function productionProblems(config: Config): string[] {
  const problems: string[] = [];
  if (config.masterKey === undefined) problems.push('TANBA_MASTER_KEY is missing: production never makes one up.');
  if (config.databaseUrl === undefined && !isLoopback(config.host)) {
    problems.push(`HOST ${config.host} needs DATABASE_URL: the embedded PostgreSQL serves the loopback address only.`);
  }
  return problems;
}

function demoProblems(config: Config): string[] {
  if (isLoopback(config.host)) return [];
  return [`HOST ${config.host} needs NODE_ENV=production: the demo listens on the loopback address only.`];
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A CIDR's parts; null where it is none. */
export function networkOf(cidr: string): readonly [address: string, bits: number] | null {
  const [address = '', bits = '', ...rest] = cidr.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return null;
  return Number(bits) <= (family === 4 ? 32 : 128) ? [address, Number(bits)] : null;
}

function url(env: NodeJS.ProcessEnv, name: string, schemes: readonly string[], problems: string[]): string | undefined {
  const value = env[name];
  if (!value) return undefined;
  // The value is not repeated: it may hold a password.
  if (!URL.canParse(value) || !schemes.includes(new URL(value).protocol)) {
    problems.push(`${name} must be a URL that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}.`);
  }
  return value;
}

function namespaceOf(env: NodeJS.ProcessEnv, problems: string[]): string {
  const value = env['TANBA_NAMESPACE'] || 'tanba';
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(value)) {
    problems.push('TANBA_NAMESPACE must be up to 40 lower-case letters, digits and hyphens, and begin with a letter.');
  }
  return value;
}

function wholeNumber(
  env: NodeJS.ProcessEnv,
  name: string,
  otherwise: number,
  largest: number,
  problems: string[],
): number {
  const value = env[name];
  if (!value) return otherwise;
  if (/^\d{1,9}$/.test(value) && Number(value) <= largest) return Number(value);
  problems.push(`${name} must be a whole number from 0 to ${largest}, but is "${value}".`);
  return otherwise;
}

function oneOf<T extends string>(
  env: NodeJS.ProcessEnv,
  name: string,
  allowed: readonly T[],
  otherwise: T,
  problems: string[],
): T {
  const value = env[name];
  if (!value) return otherwise;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) problems.push(`${name} must be one of ${allowed.join(', ')}, but is "${value}".`);
  return found ?? otherwise;
}

function readLimits(file: URL, problems: string[]): Limits {
  const values: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const entries = new Map<string, unknown>(typeof values === 'object' && values !== null ? Object.entries(values) : []);
  const limit = (name: keyof Limits): number => {
    const value = entries.get(name);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    problems.push(`config/limits.json: ${name} must be a whole number above 0.`);
    return 1;
  };
  return {
    codesPerGtinPerOrder: limit('codesPerGtinPerOrder'),
    gtinsPerOrder: limit('gtinsPerOrder'),
    activeOrders: limit('activeOrders'),
    codesPerPack: limit('codesPerPack'),
    codesPerDayDefault: limit('codesPerDayDefault'),
    codesPerDocument: limit('codesPerDocument'),
    jsonBodyBytes: limit('jsonBodyBytes'),
    streamBodyBytes: limit('streamBodyBytes'),
    codesPerQuery: limit('codesPerQuery'),
    receiptsPerArray: limit('receiptsPerArray'),
    receiptsPerStream: limit('receiptsPerStream'),
    receiptLineBytes: limit('receiptLineBytes'),
    marksPerReceipt: limit('marksPerReceipt'),
    receiptQueue: limit('receiptQueue'),
    waitSecondsMax: limit('waitSecondsMax'),
    errorsPerDocument: limit('errorsPerDocument'),
    checkFailuresPerMinute: limit('checkFailuresPerMinute'),
    checkFailuresPerCisPerHour: limit('checkFailuresPerCisPerHour'),
    codesPerTillCheck: limit('codesPerTillCheck'),
    tillCheckMs: limit('tillCheckMs'),
    applicationsPerSourcePerHour: limit('applicationsPerSourcePerHour'),
    placesPerParticipant: limit('placesPerParticipant'),
    exportRowsCsv: limit('exportRowsCsv'),
    exportRowsXlsx: limit('exportRowsXlsx'),
    exportsPerParticipant: limit('exportsPerParticipant'),
  };
}

/** Part of a path and of the names of queues. */
const ADAPTER_NAME = /^[a-z][a-z0-9-]{0,39}$/;
const AdapterBody = Type.Object(
  {
    folder: Type.Optional(Type.String({ minLength: 1 })),
    settings: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    environment: Type.Optional(Type.Record(Type.String(), Type.String({ pattern: '^[A-Z][A-Z0-9_]*$' }))),
  },
  { additionalProperties: false },
);

function readAdapters(file: string, env: NodeJS.ProcessEnv, problems: string[]): readonly AdapterEntry[] {
  const path = resolve(file);
  let values: unknown;
  try {
    values = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    problems.push(`TANBA_ADAPTERS: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    problems.push(`${path} must be a JSON object of adapters by their names.`);
    return [];
  }
  return Object.entries(values).flatMap(([name, body]: [string, unknown]) => {
    if (!ADAPTER_NAME.test(name)) {
      const allowed = 'up to 40 lower-case letters, digits and hyphens, a letter first';
      problems.push(`${path}: "${name}" is no name of an adapter: ${allowed}.`);
      return [];
    }
    if (Check(AdapterBody, body)) return [adapterEntry(name, path, body, env)];
    const found = Errors(AdapterBody, body).map(({ instancePath, message }) => `${instancePath} ${message}`.trim());
    problems.push(`${path}: ${name}: ${found.join('; ')}.`);
    return [];
  });
}

function adapterEntry(
  name: string,
  file: string,
  { folder, settings = {}, environment = {} }: Static<typeof AdapterBody>,
  env: NodeJS.ProcessEnv,
): AdapterEntry {
  const variables = Object.entries(environment).map(([setting, variable]) => {
    const value = env[variable];
    return { setting, variable, ...(value ? { value } : {}) };
  });
  const from = folder === undefined ? {} : { folder: resolve(dirname(file), folder) };
  return { name, file, ...from, settings, environment: variables };
}
