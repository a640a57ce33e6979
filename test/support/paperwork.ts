import assert from 'node:assert/strict';
import type { Role } from '../../src/access/permissions.ts';
import { createCatalogue } from '../../src/core/catalogue/catalogue.ts';
import { createMarkReader } from '../../src/core/codes/mark-reader.ts';
import type { DocumentKind } from '../../src/core/documents/kinds.ts';
import { createDocumentValidator } from '../../src/core/documents/validate.ts';
import { createXmlDocuments } from '../../src/core/documents/xml/xml-documents.ts';
import type { Problem } from '../../src/core/errors.ts';
import { loadProductGroups } from '../../src/core/reference/product-groups.ts';
import { newId } from '../../src/store/ids.ts';
import { movableClock } from './clock.ts';
import { createTestDatabase } from './database.ts';
import { AUTHORITY, MANUFACTURER, openCirculation, prepareGoods } from './goods.ts';

export type Paperwork = Awaited<ReturnType<typeof openPaperwork>>;

/** Documents as their senders send them: each is validated first, which has to say the same as what comes of it. */
export async function openPaperwork() {
  const test = await createTestDatabase();
  await prepareGoods(test.db);
  const clock = movableClock('2026-03-02T05:00:00Z');
  const circulation = openCirculation(test, clock);
  const productGroups = loadProductGroups(new URL('../../config/product-groups/', import.meta.url));
  const markReader = createMarkReader({ catalogue: createCatalogue({ db: test.db, clock }), productGroups, clock });
  const xml = createXmlDocuments(10_000);
  const limits = { errorsPerDocument: 100, codesPerDocument: 10_000 };
  const validator = createDocumentValidator({ db: test.db, clock, markReader, xml, ...limits });

  async function judged(kind: DocumentKind, body: object, bin: string) {
    clock.advance({ minutes: 1 });
    const role: Role = bin === AUTHORITY ? 'authority' : 'manufacturer';
    const foretold = await validator.validate(
      { bin, role, ip: '::1', idempotencyKey: newId(clock.now()) },
      { kind, body },
    );
    const { documentId, status, problems } = await circulation.submit(kind, body, { bin });
    assert.deepEqual(foretold.errors.map(inShort), problems.map(inShort));
    return { documentId, status, problems };
  }

  async function done(kind: DocumentKind, body: object, bin = MANUFACTURER): Promise<string> {
    const { documentId, status, problems } = await judged(kind, body, bin);
    assert.equal(status, 'accepted', JSON.stringify(problems));
    return documentId;
  }

  /** `code path` of each problem. */
  async function refused(kind: DocumentKind, body: object, bin = MANUFACTURER): Promise<string[]> {
    const { status, problems } = await judged(kind, body, bin);
    assert.equal(status, 'rejected');
    return problems.map(inShort);
  }

  async function seen(cis: string, bin = AUTHORITY) {
    return circulation.queries.one({ bin, seesEverything: bin === AUTHORITY, ip: '::1' }, cis);
  }

  async function stop(): Promise<void> {
    await circulation.stop();
    await xml.stop();
    await test.drop();
  }

  return { db: test.db, clock, circulation, judged, done, refused, seen, stop };
}

function inShort({ code, path }: Problem): string {
  return `${code} ${path}`;
}
