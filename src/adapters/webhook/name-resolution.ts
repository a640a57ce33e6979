import { Resolver } from 'node:dns/promises';
import { LRUCache } from 'lru-cache';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** All addresses of a name, at least one; else throws NameUnresolved. */
export type ResolveName = (name: string) => Promise<readonly ResolvedAddress[]>;

/** Of node:dns/promises. */
export interface NameServers {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
}

/** not_found: the name has no address. try_again: nobody could say. */
export class NameUnresolved extends Error {
  override readonly name = 'NameUnresolved';
  readonly code: 'dns.not_found' | 'dns.try_again';

  constructor(code: NameUnresolved['code'], options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

const QUERY_MS = 2_000;
const TRIES = 2;
/** For a receiver that closes each connection; the addresses are checked anew all the same. */
const CACHE_MS = 5_000;
const CACHE_MAX = 1_000;
const LOOPBACK: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Asks DNS itself rather than the system: getaddrinfo holds a thread of the pool, of which there are four, and a name
 * server of a participant that never answers would hold them all, with the files of the hub behind them. So /etc/hosts
 * is not read, but for localhost.
 */
export function createNameResolution(servers: NameServers = ownResolver()): ResolveName {
  const known = new LRUCache<string, readonly ResolvedAddress[]>({
    max: CACHE_MAX,
    ttl: CACHE_MS,
    fetchMethod: (name) => ask(servers, name),
  });
  return async (name) => {
    const plain = name.toLowerCase().replace(/\.$/, '');
    if (plain === 'localhost' || plain.endsWith('.localhost')) return LOOPBACK;
    const found = await known.fetch(plain);
    if (found === undefined) throw new NameUnresolved('dns.try_again');
    return found;
  };
}

function ownResolver(): Resolver {
  return new Resolver({ timeout: QUERY_MS, tries: TRIES });
}

async function ask(servers: NameServers, name: string): Promise<readonly ResolvedAddress[]> {
  const [four, six] = await Promise.allSettled([servers.resolve4(name), servers.resolve6(name)]);
  const addresses = [...addressesOf(four, 4), ...addressesOf(six, 6)];
  if (addresses.length > 0) return addresses;
  const doubtful = [four, six].find((answer) => answer.status === 'rejected' && !saysNo(answer.reason));
  if (doubtful?.status === 'rejected') throw new NameUnresolved('dns.try_again', { cause: doubtful.reason });
  throw new NameUnresolved('dns.not_found');
}

function addressesOf(answer: PromiseSettledResult<string[]>, family: 4 | 6): ResolvedAddress[] {
  return answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
}

/** The name, or its addresses of this kind, do not exist: that is an answer. */
const NO_CODES = ['ENOTFOUND', 'ENODATA', 'EBADNAME', 'EFORMERR'];

function saysNo(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NO_CODES.includes(String(error.code));
}
