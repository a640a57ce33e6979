import { takeCoverage } from 'node:v8';

/**
 * .mocharc.json keeps Mocha from loading specs by require(esm): tsx compiles them otherwise than what hubs of their own
 * process import, and coverage of two texts under one name is merged into nonsense (84 % instead of 97 %).
 *
 * In a parallel run each root hook runs once per spec file. Mocha ends its workers a second after the last test, often
 * before they have written their coverage, so it is written file by file.
 */
export const mochaHooks = {
  afterAll(): void {
    if (process.env['NODE_V8_COVERAGE']) takeCoverage();
  },
};
