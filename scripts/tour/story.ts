import { lookBack, refuse } from './afterwards.ts';
import { sellAtRegister } from './cash-register.ts';
import { deliver } from './delivering.ts';
import { importTrainers, orderBoots, packAndIntroduce } from './making.ts';
import { checkAfterSale, checkBeforeSale, sell, takeBack } from './selling.ts';
import type { Stage } from './stage.ts';
import { maskedKey } from './teller.ts';

export async function tellStory(stage: Stage): Promise<void> {
  introduce(stage);
  const boots = await orderBoots(stage);
  const goods = await packAndIntroduce(stage, boots);
  const trainers = await importTrainers(stage);
  await deliver(stage, goods);
  await checkBeforeSale(stage, goods.unit, trainers);
  const receipt = await sell(stage, goods.unit);
  await checkAfterSale(stage, goods.unit, receipt);
  await takeBack(stage, goods.unit);
  await sellAtRegister(stage, goods.unit);
  await refuse(stage, goods);
  await lookBack(stage, goods);
}

function introduce({ demo, teller }: Stage): void {
  teller.chapter('1  Who takes part');
  teller.say(
    'Each participant has a role, a business number (BIN) and a key. The keys are in demo.json; here they are cut short.',
  );
  teller.table(demo.participants.map(({ role, bin, name, apiKey }) => [role, bin, name, maskedKey(apiKey)]));
}
