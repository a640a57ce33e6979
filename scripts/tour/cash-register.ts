import { createTill } from '../../simulators/tills/till.ts';
import { createCodec } from '../../src/adapters/ofd/protocol/codec.ts';
import { cisOf } from './goods.ts';
import { WrongAnswer } from './hub.ts';
import { checker, codePath, PRICE } from './requests.ts';
import type { Stage } from './stage.ts';

const ACCEPTED = 0;

/** The shop's own register, over its own protocol; then the address in the QR code of its receipt. */
export async function sellAtRegister({ demo, hub, teller, now }: Stage, unit: string): Promise<void> {
  const { address, register } = demo.cashRegister();
  teller.chapter('9  A cash register');
  const { body } = await hub.send({
    says: 'A till begins: its operator gives it the token that its first request has to carry.',
    as: demo.who('ofd'),
    method: 'POST',
    path: `/api/v1/cash-registers/${register.deviceId}/token`,
    status: 200,
    answer: { deviceId: register.deviceId },
  });
  const token = typeof body === 'object' && body !== null && 'token' in body ? Number(body.token) : Number.NaN;
  const till = createTill({ address, codec: createCodec(), deviceId: register.deviceId, token });
  teller.say('It sells the same pair over TCP: an 18-byte header, protobuf behind it, a new token in each answer.');
  teller.request(`register ${register.deviceId}`, 'COMMAND_TICKET', `${address.host}:${address.port}`, {
    operation: 'OPERATION_SELL',
    list_excise_stamp: [unit],
  });
  const sold = await till.sell({ marks: [unit], price: PRICE, at: now() });
  teller.answer(sold.resultCode ?? -1, { result: sold.resultCode, ticket_number: sold.fiscalSign }, undefined);
  if (sold.resultCode !== ACCEPTED) throw new WrongAnswer(`the register got result ${sold.resultCode}`);
  await checker(hub)('The citizen checks once more.', unit, 'ru', { verdict: 'sold' });
  await hub.send({
    says: 'Its history says so: sold by the shop, at its register.',
    as: demo.who('retailer'),
    method: 'GET',
    path: codePath(unit),
    status: 200,
    answer: { cis: cisOf(unit), status: 'withdrawn', owner: register.bin },
    show: ['cis', 'status', 'owner'],
  });
  const closed = await till.closeShift();
  const result = closed?.result?.result_code ?? null;
  teller.say('The cashier closes the shift; the Z-report agrees with what the hub has counted.');
  teller.answer(result ?? -1, { result }, undefined);
  if (result !== ACCEPTED) throw new WrongAnswer(`closing the shift got result ${result}`);
}
