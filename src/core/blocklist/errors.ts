/**
 * Why a file is not used. `truncated`: it ends too early. `wrong_version`: no block list, or of another version.
 * `unknown_key`: signed by a key that the till does not hold. `bad_signature`: not what was signed. `inconsistent`: its
 * parts, or the files among each other, do not fit together. `too_large`: more than the format allows.
 */
export type BlockListErrorCode =
  | 'truncated'
  | 'wrong_version'
  | 'unknown_key'
  | 'bad_signature'
  | 'inconsistent'
  | 'too_large';

export class BlockListError extends Error {
  readonly code: BlockListErrorCode;

  constructor(code: BlockListErrorCode, what: string) {
    super(`block list ${code}: ${what}`);
    this.name = 'BlockListError';
    this.code = code;
  }
}
