import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createDataPlace, type DataPlace } from '../store/support/hub-process.ts';
import { type Answer, cisOf, type HubProcess, startHubProcess } from '../support/hub.ts';

const GTIN = '04870000100019';
const QUANTITY = 200;
const OWN_SERIALS = ['OWNSERIAL0001', 'OWNSERIAL0002'];

describe('a stopped data folder copied back to before an order', function () {
  this.timeout(120_000);
  let place: DataPlace;
  let env: NodeJS.ProcessEnv;
  let hub: HubProcess;
  /** Ordered and fetched after the copy was made. */
  let lost: { orderId: string; codes: string[] };

  before(async () => {
    place = await createDataPlace();
    // On a second medium, as it is meant to be: what is put back must not take it along.
    env = { TANBA_ISSUE_JOURNAL: join(dirname(place.dataFolder), 'journal') };
    await start();
    await hub.kill('SIGTERM');
    const copies = await copyFolders();
    await start();
    const orderId = await orderIdOf(order({ serialNumberType: 'OPERATOR', quantity: QUANTITY }));
    lost = { orderId, codes: await fetchCodes(orderId) };
    await fetchCodes(await orderIdOf(orderOwn()));
    await hub.kill('SIGTERM');
    for (const { folder, copy } of copies) {
      shell('rm', '-rf', folder);
      shell('mv', copy, folder);
    }
    await start();
  });
  after(async () => {
    await hub.kill('SIGTERM');
    await place.clear();
  });

  async function start(): Promise<void> {
    hub = await startHubProcess('', place.dataFolder, env);
  }

  /** The data folder, and the place of its database where root has to keep that elsewhere; owners and all. */
  async function copyFolders(): Promise<{ folder: string; copy: string }[]> {
    const folders = [...new Set([place.dataFolder, await place.instanceFolder()])];
    return folders.map((folder) => {
      shell('cp', '-a', folder, `${folder}-before`);
      return { folder, copy: `${folder}-before` };
    });
  }

  const order = (line: object): Promise<Answer> =>
    hub.call('POST', '/api/v1/orders', {
      as: 'manufacturer',
      body: {
        productGroup: 'shoes',
        releaseMethodType: 'PRIMARY',
        products: [{ gtin: GTIN, cisType: 'UNIT', ...line }],
      },
    });
  const orderOwn = (): Promise<Answer> =>
    order({ serialNumberType: 'SELF_MADE', quantity: OWN_SERIALS.length, serialNumbers: OWN_SERIALS });

  async function orderIdOf(answer: Promise<Answer>): Promise<string> {
    const { status, body, text } = await answer;
    assert.equal(status, 201, text);
    return body.orderId;
  }

  async function fetchCodes(orderId: string): Promise<string[]> {
    const path = `/api/v1/orders/${orderId}/codes?gtin=${GTIN}`;
    const { status, body, text } = await hub.call('GET', path, { as: 'manufacturer', headers: { prefer: 'wait=30' } });
    assert.equal(status, 200, text);
    return body.codes;
  }

  it('issues nothing, and says what to do', async () => {
    const { status, body } = await order({ serialNumberType: 'OPERATOR', quantity: 1 });
    assert.deepEqual([status, body.code, body.details], [503, 'orders.issuing_locked', { reason: 'journal_ahead' }]);
    assert.ok(
      hub.output.some((line) => line.includes('npx tanba recover')),
      hub.output.join('\n'),
    );
  });

  it('has the lost codes again after "tanba recover" beside the running hub', async () => {
    const { status, output } = place.runTanba(['recover'], env);
    assert.equal(status, 0, output);
    assert.match(output, /2 journal entries replayed, 202 codes restored/);
    await hub.kill('SIGTERM');
    await start();
    assert.deepEqual(await fetchCodes(lost.orderId), lost.codes);
  });

  it('then issues codes of which the lost order had none', async () => {
    const before = new Set(lost.codes.map(cisOf));
    const codes = await fetchCodes(await orderIdOf(order({ serialNumberType: 'OPERATOR', quantity: QUANTITY })));
    assert.equal(codes.length, QUANTITY);
    assert.deepEqual(
      codes.map(cisOf).filter((cis) => before.has(cis)),
      [],
    );
  });

  it('then refuses the serials that were the participant’s own in the lost order', async () => {
    const { status, body } = await orderOwn();
    assert.deepEqual([status, body.code], [409, 'orders.serial_already_issued']);
  });
});

function shell(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args);
  assert.equal(status, 0, String(stderr));
}
