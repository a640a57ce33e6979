export { seededRandom } from '../../simulators/random.ts';

/** A seed of its own for each run; TANBA_SEED repeats one. */
export function newSeed(): number {
  return Number(process.env['TANBA_SEED'] ?? Date.now() % 2 ** 31);
}
