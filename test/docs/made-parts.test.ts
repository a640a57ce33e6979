import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { withParts } from '../../scripts/docs/markdown.ts';
import { PARTS } from '../../scripts/docs/parts.ts';
import { pages } from '../../scripts/make-docs.ts';

const DOCS = new URL('../../docs/', import.meta.url);

describe('the documentation', () => {
  for (const { name, present, wanted } of pages()) {
    it(`docs/${name} holds the program's own tables as they are (else: npm run docs)`, () => {
      assert.equal(present, wanted);
    });

    it(`docs/${name} links to files that exist`, () => {
      const links = [...present.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map(([, target = '']) => target);
      const local = links.filter((target) => !/^[a-z]+:/.test(target));
      assert.deepEqual(
        local.filter((target) => !existsSync(new URL(target, DOCS))),
        [],
      );
    });
  }

  it('uses every part that is made', () => {
    const used = new Set(
      pages().flatMap(({ present }) => [...present.matchAll(/<!-- made: ([a-z-]+) -->/g)].map(([, part]) => part)),
    );
    assert.deepEqual(
      [...PARTS.keys()].filter((part) => !used.has(part)),
      [],
    );
  });
});

describe('withParts', () => {
  it('replaces what stands between the marks of a part, and nothing else', () => {
    const page = 'before\n<!-- made: some-part -->\nold\n\nolder\n<!-- end: some-part -->\nafter\n';
    const parts = new Map([['some-part', () => 'new']]);
    assert.equal(withParts(page, parts), 'before\n<!-- made: some-part -->\n\nnew\n\n<!-- end: some-part -->\nafter\n');
  });

  it('refuses a part that nothing makes', () => {
    assert.throws(() => withParts('<!-- made: other -->\n\n<!-- end: other -->', new Map()), /other/);
  });
});
