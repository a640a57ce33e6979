import assert from 'node:assert/strict';
import { DELIVERED, FAILED, scriptedAdapter, startTestExchange, TRANSPORTS } from './support.ts';

for (const transport of TRANSPORTS) {
  describe(`the exchange over ${transport}`, () => {
    it('brings what was committed to the outbox to the partner that takes it', async () => {
      const adapter = scriptedAdapter();
      const test = await startTestExchange({ transport, adapters: [adapter] });
      try {
        await test.addPartner('one');
        await test.send({ payload: { a: 1 } });
        await adapter.attempts(1);
        const [delivery] = await test.until((rows) => rows[0]?.state === 'delivered', 'delivered');
        assert.equal(delivery?.attempts, 1);
        assert.deepEqual(JSON.parse(String(adapter.dispatches[0]?.body)).data, { a: 1 });
      } finally {
        await test.stop();
      }
    });

    it('tries again by the schedule', async () => {
      const adapter = scriptedAdapter({ retrySeconds: [1, 1] });
      adapter.answer = ({ attempt }) => (attempt < 3 ? FAILED : DELIVERED);
      const test = await startTestExchange({ transport, adapters: [adapter] });
      try {
        await test.addPartner('one');
        await test.send({});
        const [delivery] = await test.until((rows) => rows[0]?.state === 'delivered', 'delivered');
        assert.equal(delivery?.attempts, 3);
      } finally {
        await test.stop();
      }
    });
  });
}
