import assert from 'node:assert/strict';
import { type Catalogue, createCatalogue, type Product } from '../../src/core/catalogue/catalogue.ts';
import { TanbaError } from '../../src/core/errors.ts';
import { createParticipants } from '../../src/core/participants/participants.ts';
import type { Database } from '../../src/store/database.ts';
import { type MovableClock, movableClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const texts = (text: string) => ({ kk: text, ru: text, en: text });
const boots: Product = {
  gtin: '04870000100019',
  productGroup: 'shoes',
  ownerBin: '150340001236',
  card: { tradeName: texts('Boots'), manufacturer: texts('Maker'), country: 'KZ' },
};
const water: Product = { ...boots, gtin: '04870000100064', productGroup: 'water' };
const ABSENT = '04870000105014';

describe('the catalogue', () => {
  let database: TestDatabase;
  let clock: MovableClock;
  let statements: number;
  let catalogue: Catalogue;

  before(async () => {
    database = await createTestDatabase();
    const participants = createParticipants({ db: database.db, clock: movableClock() });
    await participants.register({ bin: '150340001236', name: 'Maker', role: 'manufacturer' });
    await participants.register({ bin: '211241012349', name: 'Other', role: 'manufacturer' });
    const publisher = createCatalogue({ db: database.db, clock: movableClock() });
    await publisher.publish(boots);
    await publisher.publish(water);
  });
  after(() => database.drop());

  beforeEach(() => {
    clock = movableClock();
    statements = 0;
    const counting: Database = {
      ...database.db,
      query: (...args) => {
        statements += 1;
        return database.db.query(...args);
      },
    };
    catalogue = createCatalogue({ db: counting, clock });
  });

  it('finds any number of goods in one statement, and leaves out what does not exist', async () => {
    const found = await catalogue.find([boots.gtin, ABSENT, water.gtin, boots.gtin]);
    assert.deepEqual(
      [...found.values()].sort((a, b) => (a.gtin < b.gtin ? -1 : 1)),
      [boots, water],
    );
    assert.equal(statements, 1);
  });

  it('asks for what it does not remember only', async () => {
    await catalogue.find([boots.gtin, ABSENT]);
    await catalogue.find([boots.gtin, ABSENT]);
    assert.equal(statements, 1);
  });

  it('answers those who ask at the same time by one statement, in the order of asking', async () => {
    const answered: string[] = [];
    const ask = async (name: string, gtins: readonly string[]): Promise<readonly string[]> => {
      const found = await catalogue.find(gtins);
      answered.push(name);
      return [...found.keys()];
    };
    const asked = [ask('first', [boots.gtin, water.gtin]), ask('second', [boots.gtin]), ask('third', [water.gtin])];
    assert.deepEqual(await Promise.all(asked), [[boots.gtin, water.gtin], [boots.gtin], [water.gtin]]);
    assert.deepEqual(answered, ['first', 'second', 'third']);
    assert.equal(statements, 1);
  });

  it('forgets after 30 seconds', async () => {
    await catalogue.find([boots.gtin]);
    clock.advance({ seconds: 31 });
    assert.equal(catalogue.peek(boots.gtin), undefined);
  });

  it('tells from memory what is there, what is not, and what it does not know', async () => {
    assert.equal(catalogue.peek(boots.gtin), undefined);
    await catalogue.find([boots.gtin, ABSENT]);
    assert.deepEqual(catalogue.peek(boots.gtin), boots);
    assert.equal(catalogue.peek(ABSENT), null);
  });

  it('shows a new card at once where it was published', async () => {
    await catalogue.find([water.gtin]);
    const renewed = { ...water, card: { ...water.card, tradeName: texts('Better water') } };
    await catalogue.publish(renewed);
    assert.deepEqual((await catalogue.find([water.gtin])).get(water.gtin), renewed);
    await catalogue.publish(water);
  });

  it('leaves goods to their owner and in their group', async () => {
    const foreign = catalogue.publish({ ...boots, ownerBin: '211241012349' });
    await assert.rejects(foreign, isCode('catalogue.gtin_taken'));
    const regrouped = catalogue.publish({ ...boots, productGroup: 'lp' });
    await assert.rejects(regrouped, isCode('catalogue.gtin_of_other_group'));
    assert.deepEqual((await catalogue.find([boots.gtin])).get(boots.gtin), boots);
  });

  it('takes goods of a registered owner only', async () => {
    const orphan = { ...boots, gtin: '04870000105021', ownerBin: '850101300124' };
    await assert.rejects(catalogue.publish(orphan), isCode('participants.unknown'));
  });

  it('refuses a wrong GTIN and an incomplete card', async () => {
    await assert.rejects(catalogue.publish({ ...boots, gtin: '04870000100010' }), TanbaError);
    await assert.rejects(
      catalogue.publish({ ...boots, card: { ...boots.card, tradeName: { ...texts('x'), kk: ' ' } } }),
      isCode('catalogue.card_invalid'),
    );
    await assert.rejects(
      catalogue.publish({ ...boots, card: { ...boots.card, country: 'Kazakhstan' } }),
      isCode('catalogue.card_invalid'),
    );
  });
});

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof TanbaError && error.code === code;
}
