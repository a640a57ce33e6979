import type { LookupAddress, LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';
import { networkOf } from '../../config.ts';
import type { ErrorCode, ErrorDetails } from '../../core/errors.ts';
import type { ResolvedAddress, ResolveName } from './name-resolution.ts';

/**
 * Keeps participants from using the hub to reach what only the hub can reach (SSRF). A URL is checked when it is set and
 * again before each attempt; the addresses of a name are checked when a connection is made, and it is made to these very
 * addresses, so that a name which changes in between (DNS rebinding) gains nothing.
 */
export interface AddressGuard {
  /** What a URL says by itself: scheme, port, an address in any notation. Null: nothing against it. */
  refusalOf(url: URL): UrlRefusal | null;
  /** Those of a name's addresses that a connection may be made to. */
  resolve(name: string, scheme: Scheme): Promise<Resolution>;
  /** For node:net: gives out only addresses that may be reached. */
  lookup(scheme: Scheme): LookupFunction;
}

export type Scheme = 'http:' | 'https:';

export interface UrlRefusal {
  readonly code: Extract<ErrorCode, `webhooks.${string}`>;
  readonly details?: ErrorDetails;
}

export interface Resolution {
  readonly allowed: readonly ResolvedAddress[];
  readonly refused: number;
}

export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'address.refused';
}

export interface AddressGuardOptions {
  /** CIDRs that may be reached although they are private. */
  readonly networks: readonly string[];
  /** Production: plain http not even to these networks. */
  readonly httpsOnly: boolean;
  readonly resolve: ResolveName;
}

// Of IPv4 all that the IANA registry of special-purpose addresses does not call globally reachable, multicast and
// reserved addresses, and the metadata service of Azure, which stands among public ones. Other clouds have theirs in
// 169.254.0.0/16, 100.64.0.0/10, 192.0.0.0/24 and fc00::/7.
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

// Of IPv6 only what is given out for unicast is public at all; in it: protocols with Teredo, and documentation.
const PUBLIC_IPV6 = [
  ['2000::', 3],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
] as const;
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
] as const;

/** Prefixes under which an IPv6 address carries an IPv4 one in its last bits: mapped, and NAT64. */
const CARRYING = ['::ffff:', '64:ff9b::'];
const CARRIED_AT = 96;
/** 6to4 carries it in bits 16 to 47. */
const SIX_TO_FOUR_AT = 16;

// Servers there may take lines of an HTTP request for commands of their own (Redis, memcached, mail), or are never meant
// to be reached from outside (databases, a broker, shells).
const REFUSED_PORTS: readonly number[] = [22, 25, 5432, 5672, 6379, 11_211, 27_017];
const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = { 'http:': 80, 'https:': 443 };

export function createAddressGuard({ networks, httpsOnly, resolve }: AddressGuardOptions): AddressGuard {
  const ours = listOf(networks);
  const { isPublic, isSpecial } = specialAddresses();

  function mayReach({ address, family }: ResolvedAddress, scheme: Scheme): boolean {
    const kind = family === 4 ? 'ipv4' : 'ipv6';
    if (ours.check(address, kind)) return true;
    return scheme === 'https:' && (family === 4 || isPublic.check(address, kind)) && !isSpecial.check(address, kind);
  }

  async function resolution(name: string, scheme: Scheme): Promise<Resolution> {
    const found = await resolve(name);
    const allowed = found.filter((one) => mayReach(one, scheme));
    return { allowed, refused: found.length - allowed.length };
  }

  return {
    resolve: resolution,
    refusalOf(url) {
      const scheme = schemeOf(url);
      if (scheme === null || url.username !== '' || url.password !== '' || url.hostname === '') {
        return { code: 'webhooks.url_invalid' };
      }
      if (scheme === 'http:' && (httpsOnly || networks.length === 0)) return { code: 'webhooks.https_needed' };
      const port = portOf(url, scheme);
      if (port < 1 || REFUSED_PORTS.includes(port)) return { code: 'webhooks.port_refused', details: { port } };
      const address = addressIn(url);
      if (address === null || mayReach(address, scheme)) return null;
      return { code: 'webhooks.address_refused', details: { address: address.address } };
    },
    lookup: (scheme) => (name, options, callback) => {
      resolution(name, scheme).then(
        ({ allowed }) => handOver(allowed, options, callback),
        (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), []),
      );
    },
  };
}

export function schemeOf(url: URL): Scheme | null {
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.protocol : null;
}

export function portOf(url: URL, scheme: Scheme): number {
  return url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port);
}

/** Without the brackets that an IPv6 address has in a URL. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** The address that a URL holds instead of a name. URL has brought it into its one usual notation. */
export function addressIn(url: URL): ResolvedAddress | null {
  const address = hostOf(url);
  const family = isIP(address);
  return family === 4 || family === 6 ? { address, family } : null;
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of networks) {
    const network = networkOf(cidr);
    if (network === null) throw new RangeError(`not a network: ${cidr}`);
    const [address, bits] = network;
    list.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

function specialAddresses(): { readonly isPublic: BlockList; readonly isSpecial: BlockList } {
  const isPublic = new BlockList();
  for (const [address, bits] of PUBLIC_IPV6) isPublic.addSubnet(address, bits, 'ipv6');
  const isSpecial = new BlockList();
  for (const [address, bits] of SPECIAL_IPV6) isSpecial.addSubnet(address, bits, 'ipv6');
  for (const [address, bits] of SPECIAL_IPV4) {
    isSpecial.addSubnet(address, bits, 'ipv4');
    for (const prefix of CARRYING) isSpecial.addSubnet(`${prefix}${address}`, CARRIED_AT + bits, 'ipv6');
    isSpecial.addSubnet(`2002:${hexOf(address)}::`, SIX_TO_FOUR_AT + bits, 'ipv6');
  }
  return { isPublic, isSpecial };
}

function hexOf(ipv4: string): string {
  return Buffer.from(ipv4.split('.').map(Number)).toString('hex').replace(/^.{4}/, '$&:');
}

function handOver(
  allowed: readonly ResolvedAddress[],
  options: LookupOptions,
  callback: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
): void {
  const [first] = allowed;
  if (first === undefined) callback(new AddressRefused('no address of this name may be reached'), []);
  else if (options.all === true) callback(null, [...allowed]);
  else callback(null, first.address, first.family);
}
