/** Lengths of AI 21 in the codes of Kazakhstan's product groups. */
export const SERIAL_LENGTHS = [6, 7, 13, 20] as const;
export type SerialLength = (typeof SERIAL_LENGTHS)[number];

/**
 * What stands behind the identification part: `91` key id and `92` Ed25519 signature of 88 characters; `91` key id and
 * `92` HMAC of 44; or `93` with 4 characters of a MAC and no key id.
 */
export const TAIL_FORMS = ['key-and-signature-88', 'key-and-code-44', 'code-4'] as const;
export type TailForm = (typeof TAIL_FORMS)[number];

export interface CodeTemplate {
  /** Kept with each order line: a name once used never changes its meaning. */
  readonly name: string;
  readonly serialLength: SerialLength;
  readonly serialPrefix?: string;
  readonly tail: TailForm;
}

export const ALGORITHMS = ['ed25519', 'hmac-sha256', 'mac-24'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const ALGORITHM_OF: Readonly<Record<TailForm, Algorithm>> = {
  'key-and-signature-88': 'ed25519',
  'key-and-code-44': 'hmac-sha256',
  'code-4': 'mac-24',
};

export function algorithmOf(template: Pick<CodeTemplate, 'tail'>): Algorithm {
  return ALGORITHM_OF[template.tail];
}
