import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKeys } from '../../src/access/api-keys.ts';
import { participant, product } from '../../src/cli/participant.ts';
import { loadConfig } from '../../src/config.ts';
import { createCatalogue } from '../../src/core/catalogue/catalogue.ts';
import { movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const BIN = '150340001236';

describe('the commands of the operator', () => {
  let database: TestDatabase;
  let folder: string;

  before(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'tanba-command-'));
  });
  after(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const config = () => loadConfig({ DATABASE_URL: database.url, TANBA_DATA: folder });

  it('register a participant, give it a key and publish its goods', async () => {
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    await participant(config(), ['add', BIN, 'importer', 'ТОО', '«Жаңа»'], say);
    await participant(config(), ['key', BIN, 'till'], say);
    const key = said.at(-1) ?? '';
    const texts = { kk: 'Кроссовка', ru: 'Кроссовки', en: 'Trainers' };
    const card = { tradeName: texts, manufacturer: texts, country: 'TR' };
    const boots = { gtin: '04870000100019', productGroup: 'shoes', ownerBin: BIN, card };
    await writeFile(join(folder, 'product.json'), JSON.stringify(boots));
    await product(config(), ['add', join(folder, 'product.json')], say);

    const parts = { db: database.db, clock: movableClock() };
    assert.deepEqual(await createApiKeys(parts).authenticate(key), { bin: BIN, role: 'importer', name: 'ТОО «Жаңа»' });
    assert.deepEqual((await createCatalogue(parts).find([boots.gtin])).get(boots.gtin), boots);
  });

  it('refuse what the register refuses', async () => {
    await assert.rejects(participant(config(), ['add', '150340001237', 'importer', 'X']), {
      code: 'participants.bin_invalid',
    });
  });

  it('refuse goods of a group that does not exist', async () => {
    const texts = { kk: 'x', ru: 'x', en: 'x' };
    const card = { tradeName: texts, manufacturer: texts, country: 'TR' };
    const file = join(folder, 'wrong.json');
    await writeFile(file, JSON.stringify([{ gtin: '04870000100019', productGroup: 'hats', ownerBin: BIN, card }]));
    await assert.rejects(product(config(), ['add', file]), { code: 'orders.unknown_product_group' });
  });
});
