import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** All TypeScript files under the folders, relative to the repository. */
export async function sourceFiles(...folders: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isFile() && entry.name.endsWith('.ts'))
        found.push(join(entry.parentPath, entry.name).slice(root.length));
    }
  }
  return found.sort();
}

export async function readSource(path: string): Promise<string> {
  return await readFile(join(root, path), 'utf8');
}

/** The texts of string and template literals, white space collapsed: comments may speak of what is forbidden. */
export function literalsOf(path: string, source: string): string[] {
  const literals: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) literals.push(node.text);
    else if (ts.isTemplateExpression(node)) {
      literals.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(' … '));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest));
  return literals.map((text) => text.replace(/--.*$/gm, ' ').replace(/\s+/g, ' '));
}
