import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkHeader } from '../../src/core/documents/check-header.ts';
import { createDocumentReader } from '../../src/core/documents/read-document.ts';
import { createXmlReader } from '../../src/core/documents/xml/read-xml.ts';

const AT = new Date('2026-03-02T00:00:00Z');
const SENDER = '180540001239';

describe('the examples of docs/xml.md', () => {
  const page = readFileSync(new URL('../../docs/xml.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```xml\n([\s\S]*?)```/g)].map(([, xml = '']) => xml);
  const xml = createXmlReader();
  const documents = createDocumentReader(100);
  after(() => xml.dispose());

  const kinds = ['aggregation', 'shipment'];

  it('are those that are looked for', () => {
    assert.deepEqual(
      examples.map((example) => / kind="(\w+)"/.exec(example)?.[1]),
      kinds,
    );
  });

  for (const [index, kind] of kinds.entries()) {
    it(`have a document of the kind ${kind} without a fault`, () => {
      const read = documents.read(xml.read(Buffer.from(examples[index] ?? ''), 100));
      assert.deepEqual(checkHeader({ ...read, bin: SENDER, receivedAt: AT }, AT).errors, []);
    });
  }

  it('have whole codes, however GS is written', () => {
    const { codes } = documents.read(xml.read(Buffer.from(examples[0] ?? ''), 100));
    assert.deepEqual(
      codes.map((code) => code.split('\u001d').length),
      [1, 3, 3],
    );
  });
});
