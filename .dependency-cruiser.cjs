// Imports run downwards only:
//   main, cli → hub → open-store, parts, exchange-parts, search-parts, demo  →  routes, adapters  →  exchange, access, core  →  store
//   adapters are loaded by their names; nothing imports one
// config.ts and log.ts are read by every layer and read none.

const below = {
  store: ['store'],
  core: ['core', 'access', 'exchange', 'store'],
  access: ['core', 'access', 'exchange', 'store'],
  exchange: ['core', 'access', 'exchange', 'store'],
  routes: ['routes', 'core', 'access', 'exchange', 'store'],
  adapters: ['adapters', 'core', 'access', 'exchange', 'store'],
};

/** Adapters bring operations of the API along, in the form that routes have; how routes are served they do not know. */
const files = { adapters: ['^src/routes/route\\.ts$'] };

const layerRules = Object.entries(below).map(([layer, allowed]) => ({
  name: `${layer}-imports-downwards`,
  comment: `src/${layer} may import src/{${allowed.join(',')}}, config.ts and log.ts`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: [`^src/(${allowed.join('|')})/`, '^src/(config|log)\\.ts$', ...(files[layer] ?? [])] },
}));

/** Where the parts of the program meet; nothing below may know them. */
const COMPOSITION = '^src/(main|hub|open-store|parts|exchange-parts|search-parts|stops|demo)\\.ts$|^src/cli/';

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'known-places-only',
      comment: 'a new folder or file directly under src needs a layer of its own here',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [COMPOSITION, `^src/(${Object.keys(below).join('|')})/`, '^src/(config|log)\\.ts$'],
      },
      to: {},
    },
    {
      name: 'config-and-log-import-nothing',
      severity: 'error',
      from: { path: '^src/(config|log)\\.ts$' },
      to: { path: '^src/' },
    },
    {
      name: 'composition-is-imported-by-itself-only',
      severity: 'error',
      from: { path: '^src/', pathNot: COMPOSITION },
      to: { path: COMPOSITION },
    },
    {
      name: 'core-knows-no-transport',
      comment: 'core, and what stands under it, knows no HTTP, SOAP or AMQP',
      severity: 'error',
      from: { path: '^src/(core|store)/' },
      to: {
        path: '^(node:)?(http|https|http2)$|^(node_modules/)?(express|helmet|amqplib|soap|bullmq|ioredis)(/|$)',
      },
    },
    {
      name: 'adapters-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/([^/]+)/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'adapters-are-loaded-by-name',
      comment: 'only the configuration says which adapters there are',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/[^/]+/' },
      to: { path: '^src/adapters/[^/]+/' },
    },
    {
      name: 'src-stands-alone',
      comment: 'the program does not need its tests, benches, scripts or simulators',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts|simulators|web)/' },
    },
    {
      name: 'no-development-dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'default', 'types'] },
  },
};
