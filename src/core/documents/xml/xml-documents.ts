import { createWorkerPool } from '../../codes/worker-pool.ts';
import { TanbaError } from '../../errors.ts';
import { createXmlReader } from './read-xml.ts';
import { isXmlResult, readXml, type XmlResult, type XmlTask } from './xml-task.ts';

/** Documents that come in XML, turned into what they would be in JSON. */
export interface XmlDocuments {
  /**
   * `{kind, body}`, checked against the XSD of its kind; the logic is its reader's as with JSON.
   * @throws TanbaError as `XmlReader.read`
   */
  read(bytes: Uint8Array): Promise<unknown>;
  /** The codes of a document that `read` has passed before. */
  codes(bytes: Uint8Array): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** A thousand codes, read in some 6 ms; what is larger must not keep the others of this process waiting. */
const HERE_BYTES_MAX = 50_000;
/** 400,000 codes (21 MB) take 2.2 s of one here: a second one, so that they do not keep others in XML waiting. */
const THREADS = 2;

export function createXmlDocuments(codesPerDocument: number): XmlDocuments {
  const reader = createXmlReader();
  const pool = createWorkerPool<XmlTask, XmlResult>({
    script: './xml-worker',
    from: import.meta.url,
    size: THREADS,
    isResult: isXmlResult,
  });

  async function perform(wanted: XmlTask['wanted'], bytes: Uint8Array): Promise<unknown> {
    const task = { wanted, bytes, codesMax: codesPerDocument };
    const result = bytes.length <= HERE_BYTES_MAX ? readXml(reader, task) : await pool.run(task);
    if ('value' in result) return result.value;
    const { code, options } = result.refusal;
    throw new TanbaError(code, options);
  }

  return {
    read: (bytes) => perform('document', bytes),
    async codes(bytes) {
      const codes = await perform('codes', bytes);
      return Array.isArray(codes) ? codes.filter((code): code is string => typeof code === 'string') : [];
    },
    async stop() {
      await pool.stop();
      reader.dispose();
    },
  };
}
