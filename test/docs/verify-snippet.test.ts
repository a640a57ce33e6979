import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatCode } from '../../src/core/codes/gs1.ts';
import { createTailMaker } from '../../src/core/codes/tail.ts';

const TEMPLATE = { name: 'shoes-13-88', serialLength: 13, tail: 'key-and-signature-88' } as const;
const CIS = '010487000010001921abcdefghijk01';

describe('the program of docs/codes.md that verifies codes without the hub', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tanba-snippet-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the program, as it stands on the page, over lines of codes. */
  function verdicts(codes: readonly string[], publicKey: string): string[] {
    const page = readFileSync(new URL('../../docs/codes.md', import.meta.url), 'utf8');
    const [, program = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    writeFileSync(join(folder, 'verify.mjs'), program);
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [{ keyId: 'Abc1', publicKey }] }));
    const run = spawnSync(process.execPath, ['verify.mjs', 'keys.json'], {
      cwd: folder,
      input: `${codes.join('\n')}\n`,
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stderr);
    return run.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0] ?? '');
  }

  it('tells codes of ours from others', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const secret = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }));
    const publicKey = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
    const tail = createTailMaker(TEMPLATE, { keyId: 'Abc1', algorithm: 'ed25519', secret })(CIS);
    const code = formatCode(CIS, tail);
    const otherSerial = code.replace('abcdefghijk01', 'abcdefghijk02');
    const otherKey = code.replace('91Abc1', '91Abc2');
    assert.deepEqual(verdicts([code, otherSerial, otherKey, CIS], publicKey), [
      'genuine',
      'forged',
      'forged',
      'forged',
    ]);
  });
});
