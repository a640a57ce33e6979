// CommonJS, because Mocha 11 loads reporters by require().
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

/** Something that a test left open keeps Mocha from ending; it has so long. */
const END_PATIENCE_MS = 10_000;

/** Mocha's usual output, the counts in a file for scripts/test.ts, and an end in any case. */
module.exports = class CountingReporter extends reporters.Spec {
  done(failures, finish) {
    const { TANBA_TEST_SUMMARY: file } = process.env;
    if (file) {
      const { passes, failures: failed, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passed: passes, failed, skipped: pending }));
    }
    setTimeout(() => {
      console.error(`✖ a test left something open: ${process.getActiveResourcesInfo().join(', ')}`);
      process.exit(1);
    }, END_PATIENCE_MS).unref();
    finish(failures);
  }
};
