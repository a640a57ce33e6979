import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { createAddressGuard, type Scheme } from '../../../src/adapters/webhook/address-guard.ts';
import {
  createNameResolution,
  NameUnresolved,
  type ResolvedAddress,
} from '../../../src/adapters/webhook/name-resolution.ts';
import { HERE, LOOPBACK, NO_NAMES } from './support.ts';

const guardOf = (networks: readonly string[], httpsOnly = false, resolve = NO_NAMES) =>
  createAddressGuard({ networks, httpsOnly, resolve });

const REFUSED = [
  '127.0.0.1',
  '2130706433',
  '0177.0.0.1',
  '0x7f.1',
  '0x7f000001',
  '127.1',
  '127.0.0.1.',
  '①②⑦.⓪.⓪.①',
  '%31%32%37.0.0.1',
  '0',
  '10.1.2.3',
  '100.64.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.7',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:169.254.169.254]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::10.0.0.1]',
  '[64:ff9b:1::1]',
  '[100::1]',
  '[2001::1]',
  '[2001:2::1]',
  '[2001:db8::1]',
  '[2002:7f00:1::]',
  '[2002:a9fe:a9fe::]',
  '[2002:c0a8:101::1]',
  '[3fff::1]',
  '[5f00::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
];

const PUBLIC = [
  '1.1.1.1',
  '100.63.255.255',
  '100.128.0.1',
  '168.63.129.17',
  '172.15.0.1',
  '172.32.0.1',
  '223.255.255.255',
  '[2606:4700::1111]',
  '[2a02:6b8::1]',
  '[::ffff:1.1.1.1]',
  '[64:ff9b::1.1.1.1]',
  '[2002:101:101::1]',
  '[2001:4860:4860::8888]',
];

describe('the guard of addresses', () => {
  const codeFor = (text: string, networks: readonly string[] = [], httpsOnly = false) =>
    guardOf(networks, httpsOnly).refusalOf(new URL(text))?.code ?? null;

  for (const host of REFUSED) {
    it(`refuses https://${host}`, () => {
      assert.equal(codeFor(`https://${host}/`), 'webhooks.address_refused');
    });
  }

  for (const host of PUBLIC) {
    it(`lets https://${host} pass`, () => {
      assert.equal(codeFor(`https://${host}/`), null);
    });
  }

  const cases: readonly (readonly [url: string, networks: readonly string[], code: string | null])[] = [
    ['https://10.1.2.3', ['10.1.0.0/16'], null],
    ['https://10.2.2.3', ['10.1.0.0/16'], 'webhooks.address_refused'],
    ['https://[fd00::5]', ['fd00::/8'], null],
    ['https://[::ffff:127.0.0.1]', LOOPBACK, null],
    ['https://[64:ff9b::127.0.0.1]', LOOPBACK, 'webhooks.address_refused'],
    ['http://127.0.0.1:8080', LOOPBACK, null],
    ['http://1.1.1.1', LOOPBACK, 'webhooks.address_refused'],
    ['http://example.kz', [], 'webhooks.https_needed'],
    ['ftp://example.kz', LOOPBACK, 'webhooks.url_invalid'],
    ['file:///etc/passwd', LOOPBACK, 'webhooks.url_invalid'],
    ['https://user@example.kz', LOOPBACK, 'webhooks.url_invalid'],
    ['https://:secret@example.kz', LOOPBACK, 'webhooks.url_invalid'],
    ['https://example.kz:0', [], 'webhooks.port_refused'],
    ['https://example.kz:8443', [], null],
    ...[22, 25, 5432, 5672, 6379, 11211, 27017].map(
      (port) => [`http://127.0.0.1:${port}`, LOOPBACK, 'webhooks.port_refused'] as const,
    ),
  ];
  for (const [url, networks, code] of cases) {
    it(`says ${code ?? 'nothing'} of ${url} with the networks ${networks.join() || 'none'}`, () => {
      assert.equal(codeFor(url, networks), code);
    });
  }

  it('demands https in production even for its own networks', () => {
    assert.equal(codeFor('http://127.0.0.1', LOOPBACK, true), 'webhooks.https_needed');
  });

  it('refuses networks that are none', () => {
    assert.throws(() => guardOf(['10.0.0.0']), RangeError);
  });
});

describe('the guard at the moment of connecting', () => {
  const MIXED: readonly ResolvedAddress[] = [
    { address: '10.0.0.1', family: 4 },
    { address: '1.1.1.1', family: 4 },
    { address: 'fd00::1', family: 6 },
    { address: '2606:4700::1111', family: 6 },
  ];
  const lookUp = (found: readonly ResolvedAddress[], scheme: Scheme, all: boolean, networks = LOOPBACK) =>
    new Promise<string | LookupAddress[]>((resolve, reject) => {
      guardOf(networks, false, async () => found).lookup(scheme)('example.kz', { all }, (error, address) =>
        error === null ? resolve(address) : reject(error),
      );
    });

  it('gives out only the addresses that may be reached', async () => {
    assert.deepEqual(await lookUp(MIXED, 'https:', true), [MIXED[1], MIXED[3]]);
    assert.equal(await lookUp(MIXED, 'https:', false), '1.1.1.1');
  });

  it('gives out only its own networks for plain http', async () => {
    await assert.rejects(lookUp(MIXED, 'http:', true), { code: 'address.refused' });
    assert.deepEqual(await lookUp(MIXED, 'http:', true, ['10.0.0.0/8']), [MIXED[0]]);
  });

  it('is not deceived by a name that moves after its URL was accepted', async () => {
    const answers = [[{ address: '1.1.1.1', family: 4 } as const], await HERE('')];
    const guard = guardOf([], false, async () => answers.shift() ?? []);
    assert.equal(guard.refusalOf(new URL('https://rebound.example')), null);
    const resolved = await guard.resolve('rebound.example', 'https:');
    assert.deepEqual([resolved.allowed.length, resolved.refused], [1, 0]);
    const again = new Promise((resolve) => guard.lookup('https:')('rebound.example', { all: true }, resolve));
    assert.equal(String(await again), 'AddressRefused: no address of this name may be reached');
  });
});

describe('the resolution of names', () => {
  const failing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
  const resolutionOf = (four: string[] | string, six: string[] | string) => {
    let asked = 0;
    const answer = (given: string[] | string) => {
      asked += 1;
      return typeof given === 'string' ? failing(given) : Promise.resolve(given);
    };
    const servers = { resolve4: () => answer(four), resolve6: () => answer(six) };
    return { resolve: createNameResolution(servers), asked: () => asked };
  };

  it('brings the addresses of both kinds', async () => {
    const { resolve } = resolutionOf(['1.1.1.1'], ['2606:4700::1111']);
    assert.deepEqual(await resolve('example.kz'), [
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
  });

  it('is content with one kind', async () => {
    assert.equal((await resolutionOf(['1.1.1.1'], 'ESERVFAIL').resolve('example.kz')).length, 1);
  });

  it('asks once for what is asked at once', async () => {
    const { resolve, asked } = resolutionOf(['1.1.1.1'], 'ENODATA');
    await Promise.all([resolve('example.kz'), resolve('EXAMPLE.kz.')]);
    assert.equal(asked(), 2);
  });

  it('knows localhost by itself', async () => {
    const { resolve, asked } = resolutionOf('ENOTFOUND', 'ENOTFOUND');
    assert.deepEqual([(await resolve('localhost')).length, (await resolve('a.localhost')).length, asked()], [2, 2, 0]);
  });

  for (const [four, six, code] of [
    ['ENOTFOUND', 'ENOTFOUND', 'dns.not_found'],
    ['ENODATA', 'ENODATA', 'dns.not_found'],
    ['ENODATA', 'ESERVFAIL', 'dns.try_again'],
    ['ETIMEOUT', 'ENOTFOUND', 'dns.try_again'],
    ['ECONNREFUSED', 'ECONNREFUSED', 'dns.try_again'],
  ] as const) {
    it(`takes ${four} and ${six} for ${code}`, async () => {
      await assert.rejects(resolutionOf(four, six).resolve('example.kz'), (error) => {
        assert.ok(error instanceof NameUnresolved);
        return error.code === code;
      });
    });
  }
});
