/** Versions of the protocol, as the header writes them. */
export const VERSIONS = [125, 200, 201, 202, 203, 204] as const;
export type Version = (typeof VERSIONS)[number];

/** What a version demands beyond the ones before it. */
export interface VersionRules {
  /** measure_unit_code of each commodity. */
  readonly unitCode: boolean;
  /** operator of a money placement. */
  readonly operatorOfMoneyPlacement: boolean;
  /** parent_ticket of a return. */
  readonly parentOfReturns: boolean;
}

const NONE = { unitCode: false, operatorOfMoneyPlacement: false, parentOfReturns: false };
const UNITS = { ...NONE, unitCode: true };
const OPERATORS = { ...UNITS, operatorOfMoneyPlacement: true };
const PARENTS = { ...OPERATORS, parentOfReturns: true };

/**
 * 2.0.4 is known to exist; which fields it adds is not published. Its registers are answered in their version; what we
 * do not know in their requests is kept as it came.
 */
export const RULES: Readonly<Record<Version, VersionRules>> = {
  125: NONE,
  200: NONE,
  201: UNITS,
  202: OPERATORS,
  203: PARENTS,
  204: PARENTS,
};

const HIGHEST: Version = 204;
const NEXT_MAJOR = 300;

/**
 * The version of the answer: the request's own, where it is one of ours; the highest of ours for a later one of the same
 * major version, since messages only gain fields; null for anything else (result 3).
 */
export function answerVersion(version: number): Version | null {
  const known = VERSIONS.find((one) => one === version);
  if (known !== undefined) return known;
  return version > HIGHEST && version < NEXT_MAJOR ? HIGHEST : null;
}
