import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { verify } from '../../../src/adapters/webhook/signature.ts';
import type { ReachabilityStep } from '../../../src/exchange/adapter.ts';
import { makeCertificate } from './certificates.ts';
import { type AdapterOptions, HERE, NO_NAMES, openAdapter, partnerAt, receive, receiveRaw, SECRET } from './support.ts';

const DAY_MS = 86_400_000;

async function stepsTo(url: string, options: AdapterOptions = {}, more: Readonly<Record<string, unknown>> = {}) {
  const adapter = openAdapter(options);
  const steps = await adapter.explainReach(partnerAt(url, more), AbortSignal.timeout(10_000));
  await adapter.close();
  return steps;
}

const outcomes = (steps: readonly ReachabilityStep[]): string =>
  steps.map(({ step, outcome }) => `${step}:${outcome}`).join(' ');

const find = (steps: readonly ReachabilityStep[], name: ReachabilityStep['step']): ReachabilityStep =>
  steps.find(({ step }) => step === name) ?? assert.fail(name);

const fine: RequestListener = async (request, response) => {
  const body = await text(request);
  const genuine = request.method === 'HEAD' || verify([SECRET], request.headers, Buffer.from(body), new Date());
  response.writeHead(genuine ? 200 : 401).end();
};

describe('why a webhook cannot be reached', () => {
  it('is nothing where all is well', async () => {
    const certificate = makeCertificate();
    const receiver = await receive(fine, certificate);
    const url = `https://localhost:${receiver.port}/hook?token=s3cret`;
    const steps = await stepsTo(url, { resolve: HERE, ca: certificate.cert });
    await receiver.stop();
    assert.equal(outcomes(steps), 'settings:good dns:good tcp:good tls:good clock:good auth:good schema:good');
    const { details } = find(steps, 'tls');
    assert.deepEqual([details['chain'], details['issuer'], details['daysLeft']], ['localhost', 'localhost', 364]);
    assert.equal(find(steps, 'dns').details['addresses'], '127.0.0.1');
    assert.doesNotMatch(JSON.stringify(steps), /s3cret|whsec_|v1,/);
  });

  it('is told of plain HTTP too, and of the mapping', async () => {
    const receiver = await receive(fine);
    const mapping = { version: '2026-11', fields: { event: '/type' } };
    const steps = await stepsTo(`http://127.0.0.1:${receiver.port}/`, {}, { mapping });
    await receiver.stop();
    assert.equal(outcomes(steps), 'settings:good dns:good tcp:good tls:not_tried clock:good auth:good schema:good');
    assert.deepEqual(find(steps, 'schema').details, { mapping: '2026-11', body: '{"event":"ping"}' });
  });

  it('may be its settings', async () => {
    const steps = await stepsTo('https://10.0.0.1/');
    assert.match(outcomes(steps), /^settings:bad dns:not_tried/);
    assert.equal(find(steps, 'settings').details['code'], 'webhooks.address_refused');
    assert.match(outcomes(await stepsTo('nonsense')), /^settings:bad/);
  });

  it('may be its name', async () => {
    const steps = await stepsTo('https://nowhere.example/', { resolve: NO_NAMES });
    assert.match(outcomes(steps), /^settings:good dns:bad tcp:not_tried/);
    assert.equal(find(steps, 'dns').details['code'], 'dns.not_found');
  });

  it('may be a private address, which is not told', async () => {
    const resolve = async () => [{ address: '10.11.12.13', family: 4 } as const];
    const steps = await stepsTo('https://inside.example/', { resolve });
    assert.match(outcomes(steps), /dns:bad/);
    assert.doesNotMatch(JSON.stringify(steps), /10\.11/);
  });

  it('may be its port', async () => {
    const { port, stop } = await receive(fine);
    await stop();
    const steps = await stepsTo(`http://127.0.0.1:${port}/`);
    assert.match(outcomes(steps), /tcp:bad tls:not_tried clock:not_tried auth:not_tried schema:not_tried$/);
    assert.equal(find(steps, 'tcp').details['code'], 'ECONNREFUSED');
  });

  for (const [what, days, name, trusted, code] of [
    ['expired', -1, 'localhost', true, 'tls.certificate_expired'],
    ['of another name', 100, 'other.example', true, 'tls.name_differs'],
    ['unknown', 100, 'localhost', false, 'tls.untrusted'],
  ] as const) {
    it(`may be a certificate that is ${what}`, async () => {
      const certificate = makeCertificate({ name, notAfter: new Date(Date.now() + days * DAY_MS) });
      const receiver = await receive(fine, certificate);
      const options = { resolve: HERE, ...(trusted ? { ca: certificate.cert } : {}) };
      const steps = await stepsTo(`https://localhost:${receiver.port}/`, options);
      await receiver.stop();
      assert.match(outcomes(steps), /tls:bad clock:not_tried/);
      assert.equal(find(steps, 'tls').details['code'], code);
    });
  }

  it('warns of a certificate that expires soon', async () => {
    const certificate = makeCertificate({ notAfter: new Date(Date.now() + 10.5 * DAY_MS) });
    const receiver = await receive(fine, certificate);
    const steps = await stepsTo(`https://localhost:${receiver.port}/`, { resolve: HERE, ca: certificate.cert });
    await receiver.stop();
    assert.equal(find(steps, 'tls').finding, 'The certificate is accepted, but it expires in 10 days.');
  });

  it('may be that no TLS is spoken', async () => {
    const receiver = await receiveRaw((socket) => socket.end('220 mail\r\n'));
    const steps = await stepsTo(`https://localhost:${receiver.port}/`, { resolve: HERE });
    await receiver.stop();
    assert.equal(find(steps, 'tls').details['code'], 'tls.failed');
  });

  it('may be its clock, behind which the way goes on', async () => {
    const receiver = await receive((request, response) => {
      response.setHeader('Date', new Date(Date.now() - 600_000).toUTCString());
      void fine(request, response);
    });
    const steps = await stepsTo(`http://127.0.0.1:${receiver.port}/`);
    await receiver.stop();
    assert.match(outcomes(steps), /clock:bad auth:good schema:good$/);
    assert.ok(Math.abs(Number(find(steps, 'clock').details['aheadSeconds']) + 600) <= 2);
  });

  it('may be its secret', async () => {
    const receiver = await receive(
      (request, response) => void response.writeHead(request.method === 'HEAD' ? 200 : 401).end(),
    );
    const steps = await stepsTo(`http://127.0.0.1:${receiver.port}/`);
    await receiver.stop();
    assert.match(outcomes(steps), /auth:bad schema:not_tried$/);
    assert.match(find(steps, 'auth').finding, /its secret and its clock/);
  });

  it('is not looked for any further when nobody waits', async () => {
    const adapter = openAdapter();
    const steps = await adapter.explainReach(partnerAt('http://127.0.0.1:9/'), AbortSignal.abort());
    await adapter.close();
    assert.match(outcomes(steps), /^settings:bad dns:not_tried/);
  });
});
