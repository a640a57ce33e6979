import { createHash } from 'node:crypto';
import type { FaultStep } from '../../simulators/fault-script.ts';
import { startOfdSimulator } from '../../simulators/ofd/ofd.ts';
import { createCodec } from '../../src/adapters/ofd/protocol/codec.ts';
import { createRelayDelivery } from '../../src/adapters/ofd/relay/delivery.ts';
import { type OutboundFault, outboundConformance } from './outbound.ts';

const codec = createCodec();
const REGISTER = { deviceId: 7, theirDeviceId: 70_007, token: 4_711 };
const TICKET = 1;

const STEPS: Readonly<Record<OutboundFault, Omit<FaultStep, 'requests'>>> = {
  protocol_failure: { fault: 'refuse', code: 255 },
  overload: { fault: 'refuse', code: 254 },
  hang: { fault: 'hang' },
  reset_before_accept: { fault: 'reset_before_accept' },
  reset_after_accept: { fault: 'reset_after_accept' },
  garbage: { fault: 'garbage' },
  truncated: { fault: 'truncate' },
  error_in_success: { fault: 'error_in_success', code: 254 },
  answered_twice: { fault: 'twice' },
};

const payloadOf = (n: number): Buffer =>
  codec.encodeRequest({ command: TICKET, ticket: { operation: 2, shift_document_number: n } });

outboundConformance('ofd', async (database) => {
  const simulator = await startOfdSimulator({
    codec,
    registers: [{ deviceId: REGISTER.theirDeviceId, token: REGISTER.token }],
  });
  return {
    adapter: createRelayDelivery(database.db, codec),
    settings: { host: '127.0.0.1', port: simulator.port, registers: [REGISTER] },
    prepare: async () => {},
    message: (n) => ({
      topic: 'ofd.ticket',
      keys: ['register:010100000007'],
      payload: {
        deviceId: REGISTER.deviceId,
        registrationNumber: '010100000007',
        version: 203,
        command: TICKET,
        request: payloadOf(n).toString('base64'),
      },
    }),
    nameOf: (n) => createHash('sha256').update(payloadOf(n)).digest('hex'),
    codes: {
      protocol_failure: 'ofd.unknown_error',
      overload: 'ofd.temporarily_unavailable',
      hang: 'tcp.timeout',
      reset_before_accept: 'tcp.reset',
      reset_after_accept: 'tcp.reset',
      garbage: 'tcp.broken_frame',
      truncated: 'tcp.closed',
      error_in_success: 'ofd.temporarily_unavailable',
      answered_twice: null,
    },
    wrongCredentials: 'ofd.invalid_token',
    simulator: {
      meet: (fault) => simulator.play({ steps: [{ requests: 1, ...STEPS[fault] }], repeat: false }),
      down: simulator.down,
      up: simulator.up,
      changeCredentials: (right) =>
        simulator.play({ steps: right ? [] : [{ fault: 'refuse', code: 2, requests: 1 }], repeat: !right }),
      accepted: () => simulator.accepted.map(({ digest }) => digest),
    },
    stop: simulator.stop,
  };
});
