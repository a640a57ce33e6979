import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { type DetailedPeerCertificate, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { ReachabilityStep } from '../../exchange/adapter.ts';
import { codeOf, tlsCode } from './classification.ts';
import type { Target } from './client.ts';
import { maskText } from './masking.ts';
import type { ResolvedAddress } from './name-resolution.ts';

export type Finding = Omit<ReachabilityStep, 'step'>;

const CHAIN_MAX = 10;
const NAME_SHOWN = 200;
const WARN_DAYS = 30;
const DAY_MS = 86_400_000;

export interface Connected {
  readonly finding: Finding;
  readonly socket: Socket | null;
}

/** Tries the addresses one after the other, and says how long the one took that answered. */
export async function tryTcp(
  addresses: readonly ResolvedAddress[],
  port: number,
  signal: AbortSignal,
): Promise<Connected> {
  let last = '';
  for (const { address } of addresses) {
    const started = performance.now();
    const socket = connect({ host: address, port, signal });
    socket.on('error', () => {});
    try {
      await once(socket, 'connect');
      const milliseconds = Math.round(performance.now() - started);
      const finding = `The port answered after ${milliseconds} ms.`;
      return { socket, finding: { outcome: 'good', finding, details: { address, port, milliseconds } } };
    } catch (error) {
      socket.destroy();
      if (signal.aborted) throw error;
      last = codeOf(error);
    }
  }
  const finding = `Nothing answers at port ${port}: ${last}.`;
  return { socket: null, finding: { outcome: 'bad', finding, details: { port, code: last } } };
}

/** Shakes hands whatever the certificate is, then says what is wrong with it. */
export async function tryTls(
  socket: Socket,
  { host }: Target,
  { signal, now, ca }: { readonly signal: AbortSignal; readonly now: Date; readonly ca: string | undefined },
): Promise<Finding> {
  const secured = tlsConnect({
    socket,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: false,
    ...(ca === undefined ? {} : { ca }),
  });
  secured.on('error', () => {});
  try {
    await once(secured, 'secureConnect', { signal });
    return findingOf(secured, now);
  } catch (error) {
    if (signal.aborted) throw error;
    const code = codeOf(error);
    return { outcome: 'bad', finding: 'The TLS handshake failed.', details: { code: tlsCode(code), reason: code } };
  } finally {
    secured.destroy();
  }
}

function findingOf(secured: TLSSocket, now: Date): Finding {
  const certificate = secured.getPeerCertificate(true);
  const notAfter = new Date(certificate.valid_to);
  const daysLeft = Math.floor((notAfter.getTime() - now.getTime()) / DAY_MS);
  const details = {
    protocol: secured.getProtocol() ?? '',
    chain: chainOf(certificate).join(' < '),
    issuer: nameOf(certificate.issuer),
    notAfter: notAfter.toISOString(),
    daysLeft,
  };
  if (!secured.authorized) {
    const reason = String(secured.authorizationError);
    const code = tlsCode(reason);
    return {
      outcome: 'bad',
      finding: `The certificate is not accepted: ${code}.`,
      details: { ...details, code, reason },
    };
  }
  const soon = daysLeft < WARN_DAYS ? `, but it expires in ${daysLeft} days` : '';
  return { outcome: 'good', finding: `The certificate is accepted${soon}.`, details };
}

/** From the receiver's own certificate upwards. */
function chainOf(certificate: DetailedPeerCertificate): readonly string[] {
  const names: string[] = [];
  const seen = new Set<string>();
  let current: DetailedPeerCertificate | undefined = certificate;
  while (current?.fingerprint256 !== undefined && !seen.has(current.fingerprint256) && names.length < CHAIN_MAX) {
    seen.add(current.fingerprint256);
    names.push(nameOf(current.subject));
    current = current.issuerCertificate;
  }
  return names;
}

/** Anybody may write anything into a certificate. */
function nameOf(subject: Readonly<Record<string, unknown>> | object): string {
  const names: unknown = Reflect.get(subject, 'CN') ?? Reflect.get(subject, 'O');
  return maskText(String(names ?? '').replace(/\p{Cc}/gu, ' ')).slice(0, NAME_SHOWN);
}
