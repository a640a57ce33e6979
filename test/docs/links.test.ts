import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LINK = /\]\(([^)\s]+)\)/g;
const HEADING = /^#+ +(.*)$/gm;

describe('the links of the documentation', () => {
  const pages = ['README.md', ...readdirSync(resolve(root, 'docs')).map((name) => `docs/${name}`)];
  for (const page of pages.filter((name) => name.endsWith('.md'))) {
    it(`lead somewhere from ${page}`, async () => {
      const text = await readFile(resolve(root, page), 'utf8');
      const broken: string[] = [];
      for (const [, target = ''] of text.matchAll(LINK)) if (!(await leadsSomewhere(page, target))) broken.push(target);
      assert.deepEqual(broken, []);
    });
  }
});

async function leadsSomewhere(page: string, target: string): Promise<boolean> {
  if (/^[a-z]+:/.test(target)) return true;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? resolve(root, page) : resolve(root, dirname(page), path);
  try {
    await access(file);
  } catch {
    return false;
  }
  return anchor === undefined || anchorsOf(await readFile(file, 'utf8')).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(HEADING)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
