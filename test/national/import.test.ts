import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCatalogue } from '../../src/core/catalogue/catalogue.ts';
import { createCodeQueries } from '../../src/core/codes/code-queries.ts';
import { createMarkReader } from '../../src/core/codes/mark-reader.ts';
import { createProductionFacts } from '../../src/core/codes/production-facts.ts';
import { bucketOf } from '../../src/store/ids.ts';
import { fold, readHistory, readStates } from '../lifecycle/model.ts';
import { openCirculation } from '../support/goods.ts';
import {
  BOOTS,
  bootsOf,
  CARD,
  type ImportDesk,
  MAKER,
  MILK,
  milkOf,
  openImportDesk,
  packageOf,
  pallet,
  productGroups,
  SHOP,
  unit,
} from './import-desk.ts';

const GS = '\u001d';

describe('an import from another system', () => {
  let desk: ImportDesk;

  beforeEach(async () => {
    desk = await openImportDesk();
  });
  afterEach(() => desk.close());

  const PALLET = packageOf(1);
  const BOX = packageOf(2);
  const FACTS = { productionDate: '2025-10-01', expiryDate: '2031-01-01', batch: 'A\t\\1' };
  const CODES = [
    unit(1, { parent: BOX, owner: null, ...FACTS }),
    unit(2, { status: 'WITHDRAWN', reason: 'RETAIL', owner: SHOP, ...FACTS }),
    unit(3, { status: 'RECEIVED', emittedAt: '2025-09-01T10:00:00Z' }),
    unit(4, { status: 'APPLIED', ...FACTS }),
    unit(5, { status: 'WRITTEN_OFF', reason: 'LOST' }),
    pallet(2, { parent: PALLET }),
    pallet(1),
  ];
  const ALL = [bootsOf(1), bootsOf(2), bootsOf(3), bootsOf(4), bootsOf(5), PALLET, BOX];

  it('brings in participants, goods and codes with their states, in whatever order they stand', async () => {
    const outcome = await desk.importFiles({ codes: CODES });
    assert.equal(outcome.kind, 'imported', JSON.stringify(outcome));
    const states = await readStates(desk.db, ALL);
    assert.deepEqual(
      states.map(({ cis, status, owner, parent, reason, ver }) => [cis, status, owner, parent, reason, ver]),
      [
        [PALLET, 'in_circulation', MAKER, null, null, 1],
        [BOX, 'in_circulation', null, PALLET, null, 1],
        [bootsOf(1), 'in_circulation', null, BOX, null, 1],
        [bootsOf(2), 'withdrawn', SHOP, null, 'RETAIL', 1],
        [bootsOf(3), 'emitted', MAKER, null, null, 1],
        [bootsOf(4), 'applied', MAKER, null, null, 1],
        [bootsOf(5), 'written_off', MAKER, null, 'LOST', 1],
      ],
    );
    assert.deepEqual([await desk.count('participant'), await desk.count('product')], [2, 2]);
  });

  it('gives each code one row of history, of which its state is the fold', async () => {
    const outcome = await desk.importFiles({ codes: CODES });
    assert.ok(outcome.kind === 'imported');
    const history = await readHistory(desk.db, ALL);
    assert.deepEqual(new Set(history.map(({ event, actor }) => `${event} ${actor}`)).size, 2);
    assert.deepEqual(
      [...fold([], history).values()].sort((a, b) => (a.cis < b.cis ? -1 : 1)),
      await readStates(desk.db, ALL),
    );
    const emitted = history.find(({ cis }) => cis === bootsOf(3));
    assert.equal(emitted?.occurredAt.toISOString(), '2025-09-01T10:00:00.000Z');
  });

  it('keeps the production facts, one document for the same goods of one owner', async () => {
    await desk.importFiles({ codes: CODES });
    const { rows } = await desk.db.query<{ bin: string; bucket: number; code_count: number }>(
      'select bin, bucket, code_count from document order by bin',
    );
    assert.deepEqual(rows, [
      { bin: MAKER, bucket: bucketOf(MAKER), code_count: 2 },
      { bin: SHOP, bucket: bucketOf(SHOP), code_count: 1 },
    ]);
    const asker = { bin: MAKER, seesEverything: true, ip: '127.0.0.1' };
    const catalogue = createCatalogue(desk);
    const markReader = createMarkReader({ catalogue, productGroups, clock: desk.clock });
    const queries = createCodeQueries({ ...desk, markReader, productionFacts: createProductionFacts(desk.db) });
    const view = await queries.one(asker, bootsOf(1));
    assert.deepEqual(
      [view.productionDate, view.expiryDate, view.batch, view.owner],
      [FACTS.productionDate, FACTS.expiryDate, FACTS.batch, MAKER],
    );
    assert.equal((await queries.history(asker, bootsOf(1))).events[0]?.event, 'imported');
  });

  it('leaves codes that documents move on like any others', async () => {
    await desk.importFiles({ codes: CODES });
    const circulation = openCirculation(desk.database, desk.clock);
    try {
      const shipped = await circulation.submit('shipment', {
        codes: [PALLET],
        receiver: SHOP,
        number: '1',
        date: desk.clock.now().toISOString().slice(0, 10),
      });
      assert.deepEqual(shipped.problems, []);
      const removed = await circulation.submit('write_off', { codes: [bootsOf(4)], reason: 'LOST' });
      assert.equal(removed.status, 'accepted', JSON.stringify(removed.problems));
    } finally {
      await circulation.stop();
    }
  });

  it('takes codes with their tails and remembers the keys of the other system', async () => {
    const tail = `${GS}91FRGN${GS}92${'A'.repeat(88)}`;
    await desk.importFiles({
      codes: [unit(1, { code: bootsOf(1) + tail }), unit(1, { code: `${milkOf(1)}${GS}93abcd` })],
    });
    const keys = await desk.db.query<{ key_id: string }>('select key_id from foreign_key');
    const gtins = await desk.db.query<{ gtin: string }>('select gtin from foreign_gtin');
    assert.deepEqual([keys.rows, gtins.rows], [[{ key_id: 'FRGN' }], [{ gtin: MILK }]]);
  });

  it('reads codes in every form that a scanner or a person writes', async () => {
    const serial = bootsOf(1).slice(18);
    const codes = [
      unit(1, { code: `(01)${BOOTS}(21)${serial}`, emittedAt: '2025-02-28' }),
      unit(2, { code: `https://id.example/01/${BOOTS}/21/${bootsOf(2).slice(18)}` }),
      unit(3, { code: `]d2${bootsOf(3)}` }),
    ];
    const outcome = await desk.importFiles({ codes });
    assert.equal(outcome.kind, 'imported', JSON.stringify(outcome));
    assert.equal((await readStates(desk.db, [bootsOf(1), bootsOf(2), bootsOf(3)])).length, 3);
  });

  it('is written to the audit log, with its digests and counts', async () => {
    await desk.importFiles({ codes: CODES });
    const { rows } = await desk.db.query<{ action: string; codes: number | null }>(
      `select action, (details->>'codes')::integer as codes from audit where action like 'import.%' order by audit_id`,
    );
    assert.deepEqual(rows, [
      { action: 'import.begun', codes: null },
      { action: 'import.finished', codes: 7 },
    ]);
  });

  it('changes nothing when it is only a check', async () => {
    const outcome = await desk.importFiles({ codes: CODES }, { checkOnly: true });
    assert.deepEqual(outcome, { kind: 'checked', problemCount: 0, problems: [] });
    assert.deepEqual([await desk.count('participant'), await desk.count('code')], [0, 0]);
  });

  it('does nothing a second time with the same files', async () => {
    const folder = await desk.folderOf({ codes: CODES });
    await desk.run(folder);
    assert.equal((await desk.run(folder)).kind, 'already');
    assert.equal(await desk.count('code_history'), CODES.length);
  });

  it('goes on after a kill in the middle, to the same store as without one', async () => {
    const folder = await desk.folderOf({ codes: CODES });
    const killed = new Error('killed');
    const kill = (): void => {
      throw killed;
    };
    for (let round = 0; round < 3; round += 1) {
      await assert.rejects(desk.run(folder, { codesPerBatch: 2, onBatch: kill }), killed);
      assert.equal(await desk.count('code'), (round + 1) * 2);
    }
    const outcome = await desk.run(folder, { codesPerBatch: 2 });
    assert.ok(outcome.kind === 'imported');
    assert.equal(outcome.codes, CODES.length);
    const whole = await openImportDesk();
    try {
      await whole.importFiles({ codes: CODES });
      assert.deepEqual(await readStates(desk.db, ALL), await readStates(whole.db, ALL));
      for (const table of [
        'participant',
        'participant_event',
        'product',
        'product_event',
        'document',
        'code_history',
      ]) {
        assert.equal(await desk.count(table), await whole.count(table), table);
      }
    } finally {
      await whole.close();
    }
  });

  it('changes nothing where one line is wrong, and leaves such lines out when it is told to', async () => {
    const codes = [...CODES, unit(9, { parent: packageOf(9) }), '{broken'];
    const folder = await desk.folderOf({ codes });
    const refused = await desk.run(folder);
    assert.ok(refused.kind === 'refused');
    assert.deepEqual([refused.problemCount, await desk.count('participant')], [2, 0]);
    const done = await desk.run(folder, { skipBad: true });
    assert.ok(done.kind === 'imported');
    assert.deepEqual([done.problemCount, done.codes], [2, CODES.length]);
    const bad = (await readFile(join(folder, 'bad.ndjson'), 'utf8')).trim().split('\n');
    assert.deepEqual(
      bad.map((line) => {
        const { file, line: number, error, text } = JSON.parse(line);
        return [file, number, error, text];
      }),
      [
        ['codes.ndjson', 8, 'import.parent_missing', JSON.stringify(unit(9, { parent: packageOf(9) }))],
        ['codes.ndjson', 9, 'documents.line_malformed', '{broken'],
      ],
    );
  });

  it('never runs twice at a time', async () => {
    const folder = await desk.folderOf({ codes: CODES });
    const other = await desk.db.pool.connect();
    try {
      await other.query(`select pg_advisory_lock(hashtextextended('tanba:national-import', 0))`);
      await assert.rejects(desk.run(folder), { code: 'import.running' });
    } finally {
      other.release(true);
    }
  });

  it('names a file that is missing', async () => {
    await assert.rejects(desk.run(desk.base), { code: 'import.file_missing' });
  });

  it('takes 200,000 codes in one go', async function () {
    this.timeout(120_000);
    const run = randomBytes(3).toString('hex');
    const boxes = Array.from({ length: 2_000 }, (_, index) => pallet(index + 1));
    const units = Array.from({ length: 198_000 }, (_, index) => ({
      code: `01${BOOTS}21${run}${String(index).padStart(7, '0')}${GS}91FRGN${GS}92${'A'.repeat(88)}`,
      type: 'unit',
      status: 'INTRODUCED',
      parent: packageOf((index % 2_000) + 1),
      productionDate: `2025-10-0${(index % 9) + 1}`,
    }));
    const began = performance.now();
    const outcome = await desk.importFiles({ codes: [...units, ...boxes] });
    assert.ok(outcome.kind === 'imported');
    assert.equal(outcome.codes, 200_000);
    console.log(`        200,000 codes in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  });
});

describe('a line of an import is refused', () => {
  let desk: ImportDesk;
  before(async () => {
    desk = await openImportDesk();
    await desk.db.query(
      `insert into participant (bin, name, role, registered_at) values ('130340007777', 'Known', 'wholesaler', now())`,
    );
    await desk.db.query(
      `insert into signing_key (key_id, algorithm, valid_from, created_at) values ('OURS', 'ed25519', now(), now())`,
    );
    await desk.db.query(
      `insert into product (gtin, product_group, owner_bin, card, published_at)
       values ('04870000100026', 'shoes', '130340007777', $1, now())`,
      [JSON.stringify(CARD)],
    );
    await desk.db.query(`insert into code (cis, type, status, owner) values ($1, 'unit', 'emitted', $2)`, [
      bootsOf(77),
      MAKER,
    ]);
  });
  after(() => desk.close());

  const participant = { bin: MAKER, name: 'Zavod', role: 'manufacturer' };
  for (const [because, line, error] of [
    ['without a right BIN', { ...participant, bin: '180540001230' }, 'participants.bin_invalid'],
    ['of a role that does not exist', { ...participant, role: 'king' }, 'import.line_invalid'],
    ['of a BIN known by another name', { ...participant, bin: '130340007777' }, 'participants.already_registered'],
    ['that is no JSON', '{', 'documents.line_malformed'],
  ] as const) {
    it(`as a participant ${because}`, async () => {
      assert.deepEqual(await desk.problemsOf({ participants: [line], products: [] }), [`participants:1 ${error}`]);
    });
  }

  const product = { gtin: BOOTS, productGroup: 'shoes', ownerBin: MAKER, card: CARD };
  for (const [because, line, error] of [
    ['with a wrong check digit', { ...product, gtin: '04870000000129' }, 'code.gtin_check_digit'],
    ['of a group that does not exist', { ...product, productGroup: 'hats' }, 'orders.unknown_product_group'],
    ['with half a card', { ...product, card: { country: 'KZ' } }, 'catalogue.card_invalid'],
    ['of an owner who is nobody', { ...product, ownerBin: '150340001236' }, 'participants.unknown'],
    ['that another owns', { ...product, gtin: '04870000100026' }, 'catalogue.gtin_taken'],
  ] as const) {
    it(`as a product ${because}`, async () => {
      assert.deepEqual(await desk.problemsOf({ products: [line] }), [`products:1 ${error}`]);
    });
  }

  it('as an entry that stands in the file already', async () => {
    const problems = await desk.problemsOf({
      participants: [participant, participant],
      products: [product, product],
      codes: [unit(1), unit(1)],
    });
    assert.deepEqual(problems, [
      'participants:2 import.repeated',
      'products:2 import.repeated',
      'codes:2 import.repeated',
    ]);
  });

  const ours = `${bootsOf(1)}${GS}91OURS${GS}92${'A'.repeat(88)}`;
  for (const [because, line, error] of [
    ['whose code is none', unit(1, { code: 'hello' }), 'code.malformed'],
    ['whose serial has a length of its own', unit(1, { code: `01${BOOTS}21short` }), 'code.serial_length'],
    ['of goods that nobody has', unit(1, { code: '01048700001010162112345' }), 'import.gtin_unknown'],
    ['with a status of no system', unit(1, { status: 'SOLD' }), 'import.line_invalid'],
    ['with an owner who is nobody', unit(1, { owner: '150340001236' }), 'participants.unknown'],
    ['without an owner or a package', unit(1, { owner: null }), 'import.line_invalid'],
    ['in circulation with a reason', unit(1, { reason: 'LOST' }), 'import.line_invalid'],
    ['with a day that there is not', unit(1, { productionDate: '2025-13-01' }), 'import.line_invalid'],
    ['made before there was industry', unit(1, { productionDate: '0000-01-01' }), 'import.line_invalid'],
    ['issued on a day that there is not', unit(1, { emittedAt: '2025-02-32' }), 'import.line_invalid'],
    ['made in the future', unit(1, { productionDate: '2999-01-01' }), 'import.line_invalid'],
    ['whose type is another', unit(1, { type: 'transport' }), 'import.type_differs'],
    ['that was issued here', unit(77), 'import.code_exists'],
    ['whose key is ours', unit(1, { code: ours }), 'import.key_is_ours'],
    ['under way', unit(1, { hold: 'awaiting_acceptance' }), 'documents.on_hold'],
    ['that is a package only ordered', pallet(1, { status: 'RECEIVED' }), 'import.package_status'],
    ['in a package that is not there', unit(1, { parent: packageOf(1) }), 'import.parent_missing'],
    ['in itself', pallet(1, { parent: packageOf(1) }), 'import.package_depth'],
  ] as const) {
    it(`as a code ${because}`, async () => {
      assert.deepEqual(await desk.problemsOf({ codes: [line] }), [`codes:1 ${error}`]);
    });
  }

  for (const [because, inside, error] of [
    ['of another owner', unit(1, { owner: SHOP, parent: packageOf(1) }), 'import.parent_of_other_owner'],
    ['although it has been sold', unit(1, { status: 'WITHDRAWN', parent: packageOf(1) }), 'import.content_status'],
    ['although it is only ordered', unit(1, { status: 'RECEIVED', parent: packageOf(1) }), 'import.content_status'],
    ['that is a unit', unit(1, { parent: bootsOf(2) }), 'import.parent_no_package'],
  ] as const) {
    it(`as a code in a package ${because}`, async () => {
      assert.deepEqual(await desk.problemsOf({ codes: [inside, pallet(1), unit(2)] }), [`codes:1 ${error}`]);
    });
  }

  it('with everything inside, where the package’s own line is wrong', async () => {
    const codes = [unit(1, { parent: packageOf(1), owner: null }), pallet(1, { hold: 'blocked' })];
    assert.deepEqual(await desk.problemsOf({ codes }), ['codes:1 import.parent_missing', 'codes:2 documents.on_hold']);
  });

  it('in the sixth package upwards, not in the fifth', async () => {
    const nested = (levels: number) => [
      unit(1, { parent: packageOf(1), owner: null }),
      ...Array.from({ length: levels }, (_, index) =>
        pallet(index + 1, index + 1 < levels ? { parent: packageOf(index + 2), owner: null } : {}),
      ),
    ];
    assert.deepEqual(await desk.problemsOf({ codes: nested(5) }), []);
    assert.deepEqual(await desk.problemsOf({ codes: nested(6) }), ['codes:1 import.package_depth']);
  });

  it('of two packages inside each other, both', async () => {
    const codes = [pallet(1, { parent: packageOf(2) }), pallet(2, { parent: packageOf(1) })];
    assert.deepEqual(await desk.problemsOf({ codes }), [
      'codes:1 import.package_depth',
      'codes:2 import.package_depth',
    ]);
  });

  it('with no more than the first thousand told, and all counted', async () => {
    const outcome = await desk.importFiles({ codes: Array.from({ length: 1_001 }, () => '{') });
    assert.ok(outcome.kind === 'refused');
    assert.deepEqual([outcome.problems.length, outcome.problemCount], [1_000, 1_001]);
  });
});
