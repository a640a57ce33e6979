import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import Type from 'typebox';
import { jsonSchemaOf } from '../../../src/core/documents/document-schema.ts';
import { DOCUMENT_KINDS } from '../../../src/core/documents/kinds.ts';
import { formOf } from '../../../src/core/documents/xml/form.ts';
import { xsdOf } from '../../../src/core/documents/xml/xsd.ts';

describe('the schemas of documents', () => {
  for (const kind of DOCUMENT_KINDS) {
    it(`have an XSD of ${kind} that a parser compiles`, () => {
      const schema = XmlDocument.fromString(xsdOf(kind));
      try {
        XsdValidator.fromDoc(schema).dispose();
      } finally {
        schema.dispose();
      }
    });

    it(`have a JSON Schema of ${kind} that stands by itself`, () => {
      const ajv = new Ajv2020({ strict: true });
      ajvFormats.default(ajv);
      const validate = ajv.compile(JSON.parse(JSON.stringify(jsonSchemaOf(kind))));
      assert.equal(validate({ kind: 'another', body: {} }), false);
    });
  }

  it('say of a shipment in XSD what they say in JSON Schema', () => {
    assert.equal(xsdOf('shipment'), readFileSync(new URL('./shipment.xsd', import.meta.url), 'utf8'));
  });

  const inexpressible = [
    ['a number that is not whole', Type.Number()],
    ['a choice of shapes', Type.Union([Type.String(), Type.Integer()])],
    ['a list of lists', Type.Array(Type.Array(Type.String()))],
    ['a format without an XSD type', Type.String({ format: 'email' })],
  ] as const;
  for (const [what, schema] of inexpressible) {
    it(`cannot be made of ${what}, and say so`, () => {
      assert.throws(() => formOf(schema), /no XML form/);
    });
  }
});
