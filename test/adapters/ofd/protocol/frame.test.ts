import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  createFrameReader,
  encodeFrame,
  type Frame,
  type FrameError,
} from '../../../../src/adapters/ofd/protocol/frame.ts';

/** Objects as decoding makes them. */
const plain = <T>(shape: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(shape, { noNullPrototype: true });

const PAYLOAD_MAX = 1_024;
const reader = () => createFrameReader({ payloadMax: PAYLOAD_MAX });

const anyFrame: fc.Arbitrary<Frame> = plain({
  version: fc.integer({ min: 0, max: 0xffff }),
  deviceId: fc.integer({ min: 0, max: 0xffff_ffff }),
  token: fc.integer({ min: 0, max: 0xffff_ffff }),
  requestNumber: fc.integer({ min: 0, max: 0xffff }),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

const sized = (size: number): Buffer => {
  const bytes = encodeFrame({ version: 203, deviceId: 7, token: 8, requestNumber: 9, payload: Buffer.alloc(0) });
  bytes.writeUInt32LE(size, 4);
  return bytes;
};
const errorOf = (bytes: Buffer): FrameError | null => {
  const read = reader();
  read.push(bytes);
  return read.error;
};
const codeOf = (bytes: Buffer): string => errorOf(bytes)?.code ?? 'taken';

describe('a frame of the register protocol', () => {
  // The header of a server's answer, as a public test of client code has captured it.
  it('has an 18-byte little-endian header', () => {
    const payload = Buffer.alloc(577 - 18);
    const bytes = encodeFrame({ version: 203, deviceId: 1, token: 2, requestNumber: 84, payload });
    assert.equal(bytes.subarray(0, 18).toString('hex'), 'a281cb004102000001000000020000005400');
  });

  it('comes out as it went in, in whatever pieces it arrives', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.integer({ min: 1, max: 97 }), (frames, piece) => {
        const bytes = Buffer.concat(frames.map(encodeFrame));
        const read = reader();
        const got: Frame[] = [];
        for (let at = 0; at < bytes.length; at += piece) got.push(...read.push(bytes.subarray(at, at + piece)));
        assert.deepEqual(got, frames);
        assert.equal(read.pendingBytes, 0);
      }),
    );
  });

  it('says how much of an unfinished frame has come', () => {
    const read = reader();
    read.push(sized(100).subarray(0, 10));
    assert.equal(read.pendingBytes, 10);
  });

  it('is refused at its second byte where it is none', () => {
    assert.equal(codeOf(Buffer.from('GET')), 'no_header');
  });

  it('is refused by its header alone where its size is smaller than the header', () => {
    assert.equal(codeOf(sized(17)), 'size_too_small');
  });

  it('is refused by its header alone where its size is larger than allowed', () => {
    assert.equal(codeOf(sized(18 + PAYLOAD_MAX)), 'taken');
    assert.equal(codeOf(sized(18 + PAYLOAD_MAX + 1)), 'size_too_large');
    assert.equal(codeOf(sized(0xffff_ffff)), 'size_too_large');
  });

  it('names whose it is when its size lies', () => {
    assert.deepEqual(errorOf(sized(3))?.frame, { version: 203, deviceId: 7, token: 8, requestNumber: 9 });
  });

  it('is delivered also where garbage follows it', () => {
    const read = reader();
    const good = encodeFrame({ version: 203, deviceId: 7, token: 8, requestNumber: 9, payload: Buffer.from('x') });
    assert.equal(read.push(Buffer.concat([good, Buffer.from('garbage')])).length, 1);
    assert.equal(read.error?.code, 'no_header');
  });

  it('never does anything but read or refuse, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, withHeader) => {
        const input = Buffer.from(bytes);
        if (withHeader && input.length >= 2) input.writeUInt16LE(0x81a2, 0);
        assert.ok(['taken', 'no_header', 'size_too_small', 'size_too_large'].includes(codeOf(input)));
      }),
    );
  });
});
