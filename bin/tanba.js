#!/usr/bin/env node
// Runs the compiled program in this very process, so that signals and the exit code are its own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) build();
await import(main.href);

function build() {
  const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const project = fileURLToPath(new URL('../tsconfig.build.json', import.meta.url));
  if (!existsSync(compiler) || !existsSync(project)) {
    console.error('Tanba is not built here: run npm ci && npm run build.');
    process.exit(1);
  }
  console.error('Building Tanba once …');
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { stdio: ['ignore', 2, 2] });
  if (status !== 0 || !existsSync(main)) process.exit(status || 1);
}
