import { startOwnRabbit } from '../../test/support/services/own-rabbitmq.ts';
import { sharedAmqpUrl, whyNoAmqp } from '../../test/support/services/shared.ts';
import { reuseNamed, startOwn } from './broker.ts';
import type { Service } from './service.ts';

const VARIABLE = 'TANBA_TEST_AMQP_URL';

export const rabbitmq: Service = {
  name: 'RabbitMQ',
  variable: VARIABLE,
  reuse: () => reuseNamed(VARIABLE, sharedAmqpUrl(process.env), whyNoAmqp),
  own: (folder) => startOwn('RabbitMQ', () => startOwnRabbit(folder)),
  debianPackages: ['rabbitmq-server'],
  compose: {
    service: 'rabbitmq',
    port: 5672,
    url: (hostPort) => `amqp://tanba:test@127.0.0.1:${hostPort}`,
  },
  instructions: [
    'install RabbitMQ 3.10 or newer (Debian: apt-get install rabbitmq-server; macOS: brew install rabbitmq),',
    'or start Docker,',
    `or name one: ${VARIABLE}=amqp://user:password@host:5672 npm test`,
    '(its user must be allowed to make queues).',
  ],
};
