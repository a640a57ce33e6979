import { TanbaError, type TanbaErrorOptions } from '../../errors.ts';
import type { XmlReader } from './read-xml.ts';

/** A document to be read whole, or for its codes only. */
export interface XmlTask {
  readonly wanted: 'document' | 'codes';
  readonly bytes: Uint8Array;
  readonly codesMax: number;
}

/** A refusal goes to the other thread as what it says: an error would arrive without its code. */
export type XmlResult =
  | { readonly value: unknown }
  | { readonly refusal: Pick<TanbaError, 'code'> & { readonly options: Omit<TanbaErrorOptions, 'cause'> } };

export function isXmlResult(value: unknown): value is XmlResult {
  return typeof value === 'object' && value !== null && ('value' in value || 'refusal' in value);
}

export function isXmlTask(value: unknown): value is XmlTask {
  return typeof value === 'object' && value !== null && 'bytes' in value && value.bytes instanceof Uint8Array;
}

export function readXml(reader: XmlReader, { wanted, bytes, codesMax }: XmlTask): XmlResult {
  try {
    return { value: wanted === 'codes' ? reader.codes(bytes) : reader.read(bytes, codesMax) };
  } catch (error) {
    if (!(error instanceof TanbaError)) throw error;
    const { cause: _, ...options } = error.options;
    return { refusal: { code: error.code, options } };
  }
}
