import type { AttemptResult } from '../../exchange/adapter.ts';
import type { Answer, Exchange, Phase } from './client.ts';
import { excerptOf } from './masking.ts';

export type Verdict = Omit<AttemptResult, 'sent'>;

const GONE = 410;
const TOO_MANY = 429;
const UNAVAILABLE = 503;
const RETRY_AFTER_MAX_SECONDS = 7 * 86_400;

/** What an exchange means for the message. */
export function verdictOn(exchange: Exchange, signal: AbortSignal, now: Date): Verdict {
  if (exchange.kind === 'answered') return statusVerdict(exchange.answer, now);
  const { answer, error, phase } = exchange;
  // Who answered with a refusal has not taken it, whatever happened to the rest of the answer.
  if (answer !== undefined && !isSuccess(answer.status)) return statusVerdict(answer, now);
  const kept = answer === undefined ? null : keptOf(answer);
  if (signal.aborted) return { ...givenUp(phase, signal.reason), answer: kept };
  if (phase === 'sent') return { outcome: 'uncertain', code: lostCode(error, answer), answer: kept };
  return { ...unsent(error, phase), answer: kept };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function statusVerdict(answer: Answer, now: Date): Verdict {
  const { status } = answer;
  const kept = keptOf(answer);
  const code = `http.${status}`;
  if (isSuccess(status)) return { outcome: 'delivered', code, answer: kept };
  if (status === GONE) return { outcome: 'rejected', code, answer: kept };
  const retryAfterSeconds = retryAfter(answer.headers['retry-after'], now);
  return {
    outcome: 'failed',
    code,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(status === TOO_MANY || status === UNAVAILABLE ? { overloaded: true } : {}),
    answer: kept,
  };
}

function keptOf({ status, headers, body }: Answer): Readonly<Record<string, unknown>> {
  const type = headers['content-type'];
  return {
    status,
    ...(type === undefined ? {} : { contentType: excerptOf(Buffer.from(type)) }),
    ...(body.length === 0 ? {} : { body: excerptOf(body) }),
  };
}

const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** RFC 9110: seconds or a date. */
function retryAfter(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  const seconds = /^\d{1,10}$/.test(text)
    ? Number(text)
    : IMF_FIXDATE.test(text)
      ? Math.ceil((Date.parse(text) - now.getTime()) / 1000)
      : Number.NaN;
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(seconds, 0), RETRY_AFTER_MAX_SECONDS);
}

type WithoutAnswer = Omit<Verdict, 'answer'>;

/** The caller's time was over, or the hub stops. */
function givenUp(phase: Phase, reason: unknown): WithoutAnswer {
  const isTimeout = reason instanceof Error && reason.name === 'TimeoutError';
  const code = isTimeout ? 'timeout' : 'aborted';
  if (phase === 'sent') return { outcome: 'uncertain', code, ...(isTimeout ? { overloaded: true } : {}) };
  // Connections to its host were all taken: by messages to itself, of which a hub has only so many under way.
  if (phase === 'queued') return { outcome: 'infrastructure', code: isTimeout ? 'client.busy' : code };
  if (!isTimeout) return { outcome: 'infrastructure', code };
  if (phase === 'dns') return NO_WORD_FROM_DNS;
  return { outcome: 'failed', code: `${phase}.timeout`, overloaded: true };
}

function lostCode(error: Error, answer: Answer | undefined): string {
  if (codeOf(error).startsWith('HPE_')) return 'garbage';
  return answer === undefined ? 'reset' : 'truncated';
}

/** Nothing left the hub. */
function unsent(error: Error, phase: Phase): WithoutAnswer {
  const code = codeOf(error);
  const known = UNSENT.get(code);
  if (known !== undefined) return known;
  if (phase === 'tls') return { outcome: 'failed', code: tlsCode(code) };
  return { outcome: 'failed', code: 'tcp.failed' };
}

/** Nobody could say where the receiver is: a fault on our side until shown otherwise. */
const NO_WORD_FROM_DNS: WithoutAnswer = { outcome: 'infrastructure', code: 'dns.try_again' };

const UNSENT: ReadonlyMap<string, WithoutAnswer> = new Map<string, WithoutAnswer>([
  ['dns.not_found', { outcome: 'failed', code: 'dns.not_found' }],
  ['dns.try_again', NO_WORD_FROM_DNS],
  ['address.refused', { outcome: 'failed', code: 'address.refused' }],
  ['ECONNREFUSED', { outcome: 'failed', code: 'tcp.refused' }],
  ['EHOSTUNREACH', { outcome: 'failed', code: 'tcp.unreachable' }],
  ['ENETUNREACH', { outcome: 'failed', code: 'tcp.unreachable' }],
  ['ETIMEDOUT', { outcome: 'failed', code: 'tcp.timeout', overloaded: true }],
  ['EMFILE', { outcome: 'infrastructure', code: 'client.no_sockets' }],
  ['ENFILE', { outcome: 'infrastructure', code: 'client.no_sockets' }],
  ['ENOBUFS', { outcome: 'infrastructure', code: 'client.no_sockets' }],
  ['EADDRNOTAVAIL', { outcome: 'infrastructure', code: 'client.no_sockets' }],
]);

const TLS_CODES: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', 'tls.certificate_expired'],
  ['CERT_NOT_YET_VALID', 'tls.certificate_not_yet_valid'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls.name_differs'],
]);

/** OpenSSL's results of looking at a chain, https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error. */
const CHAIN_CODES =
  /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|HOSTNAME_)/;

export function tlsCode(code: string): string {
  return TLS_CODES.get(code) ?? (CHAIN_CODES.test(code) ? 'tls.untrusted' : 'tls.failed');
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
