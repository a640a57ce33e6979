import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ParseOption, XmlDocument, XmlElement } from 'libxml2-wasm';
import { xmlText } from '../../src/core/xml-text.ts';

/** What a parser reads of it, as text and as an attribute. */
function readBack(value: string): { text: string | undefined; attribute: string | undefined } {
  const escaped = xmlText(value);
  const document = XmlDocument.fromString(`<a b="${escaped}">${escaped}</a>`, {
    option: ParseOption.XML_PARSE_DEFAULT,
  });
  try {
    const { root } = document;
    assert.ok(root instanceof XmlElement);
    return { text: root.content, attribute: root.attr('b')?.value };
  } finally {
    document.dispose();
  }
}

describe('text in XML', () => {
  it('escapes what means something', () => assert.equal(xmlText(`&<>"'`), '&amp;&lt;&gt;&quot;&apos;'));
  it('writes GS, which XML forbids, as six characters', () => assert.equal(xmlText('a\u001db'), 'a\\u001db'));
  it('writes half a character as six', () => assert.equal(xmlText('\ud800'), '\\ud800'));
  it('writes a non-character as six', () => assert.equal(xmlText('\uffff'), '\\uffff'));
  it('leaves a whole character beyond the first plane', () => assert.equal(xmlText('𐐷'), '𐐷'));
  it('keeps tab and newline from being made spaces', () => assert.equal(xmlText('\t\r\n'), '&#9;&#13;&#10;'));

  it('is read back as it was, but for what XML has no way to write', () => {
    const readable = (text: string): string => text.replace(/\\u[0-9a-f]{4}/g, '');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { text, attribute } = readBack(value);
        const kept = value.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, '');
        assert.equal(readable(text ?? ''), readable(kept));
        assert.equal(readable(attribute ?? ''), readable(kept));
      }),
    );
  });
});
