import assert from 'node:assert/strict';
import { checkLayers, checkPlanted, type LayerReport } from '../../scripts/check-layers.ts';

/** Each importer breaks exactly the rule it is listed under; the targets exist so that only the layer is wrong. */
const planted: readonly (readonly [from: string, to: string, rule: string])[] = [
  ['src/store/a.ts', 'src/core/target.ts', 'store-imports-downwards'],
  ['src/core/a.ts', 'src/routes/target.ts', 'core-imports-downwards'],
  ['src/core/b.ts', 'src/adapters/one/target.ts', 'core-imports-downwards'],
  ['src/access/a.ts', 'src/routes/target.ts', 'access-imports-downwards'],
  ['src/exchange/a.ts', 'src/adapters/one/target.ts', 'exchange-imports-downwards'],
  ['src/routes/a.ts', 'src/adapters/one/target.ts', 'routes-imports-downwards'],
  ['src/adapters/two/a.ts', 'src/routes/target.ts', 'adapters-imports-downwards'],
  ['src/adapters/two/b.ts', 'src/adapters/one/target.ts', 'adapters-do-not-know-each-other'],
  ['src/parts.ts', 'src/adapters/one/target.ts', 'adapters-are-loaded-by-name'],
  ['src/adapters/load.ts', 'src/adapters/one/target.ts', 'adapters-are-loaded-by-name'],
  ['src/config.ts', 'src/core/target.ts', 'config-and-log-import-nothing'],
  ['src/routes/b.ts', 'src/hub.ts', 'composition-is-imported-by-itself-only'],
  ['src/core/c.ts', 'src/cli/target.ts', 'composition-is-imported-by-itself-only'],
  ['src/main.ts', 'test/target.ts', 'src-stands-alone'],
  ['src/demo.ts', 'simulators/target.ts', 'src-stands-alone'],
  ['src/elsewhere/a.ts', 'src/core/target.ts', 'known-places-only'],
  ['src/core/d.ts', 'node:http', 'core-knows-no-transport'],
  ['src/core/e.ts', 'express', 'core-knows-no-transport'],
  ['src/core/f.ts', 'src/core/g.ts', 'no-cycles'],
  ['src/core/h.ts', 'src/core/absent.ts', 'resolvable'],
];
const allowed: readonly (readonly [from: string, to: string])[] = [
  ['src/main.ts', 'src/hub.ts'],
  ['src/hub.ts', 'src/routes/target.ts'],
  ['src/hub.ts', 'src/adapters/target.ts'],
  ['src/hub.ts', 'node:http'],
  ['src/core/g.ts', 'src/core/f.ts'],
  ['src/routes/c.ts', 'src/core/target.ts'],
  ['src/routes/c.ts', 'src/config.ts'],
  ['src/core/i.ts', 'src/store/target.ts'],
  ['src/adapters/one/a.ts', 'src/adapters/one/target.ts'],
  ['src/adapters/one/b.ts', 'src/routes/route.ts'],
  ['src/adapters/one/c.ts', 'src/adapters/target.ts'],
];

describe('the layers of the house', () => {
  it('hold in the sources, of which more than zero were read', async () => {
    const report = await checkLayers();
    assert.ok(report.modules > 20, `only ${report.modules} modules were read`);
    assert.deepEqual(report.violations, []);
  });

  describe('with every rule broken once', () => {
    let report: LayerReport;
    before(async () => {
      report = await checkPlanted(sourcesOf([...planted, ...allowed]));
    });

    for (const [from, to, rule] of planted) {
      it(`refuse ${from} → ${to} by ${rule}`, () => {
        assert.ok(rulesBrokenBy(from, to).includes(rule), `found: ${rulesBrokenBy(from, to).join(', ') || 'nothing'}`);
      });
    }

    for (const [from, to] of allowed) {
      it(`let ${from} import ${to}`, () => {
        assert.deepEqual(rulesBrokenBy(from, to), []);
      });
    }

    function rulesBrokenBy(from: string, to: string): string[] {
      const target = to.replace(/^node:/, '');
      return report.violations.filter((v) => v.from === from && lastPart(v.to) === lastPart(target)).map((v) => v.rule);
    }
  });
});

function lastPart(path: string): string | undefined {
  return path.split('/').at(-1);
}

function sourcesOf(
  imports: readonly (readonly [from: string, to: string, ...rest: string[]])[],
): Record<string, string> {
  const sources: Record<string, string> = {};
  for (const [from, to] of imports) {
    const specifier = to.endsWith('.ts') ? '../'.repeat(from.split('/').length - 1) + to : to;
    sources[from] = `${sources[from] ?? ''}import '${specifier}';\n`;
    if (/\/(target|route)\.ts$/.test(to)) sources[to] ??= 'export {};\n';
  }
  return sources;
}
