/** Bytes that are no protobuf. */
export class ProtobufError extends Error {
  readonly code = 'PROTOBUF_INVALID';
  constructor(problem: string) {
    super(`proto: ${problem}`);
    this.name = 'ProtobufError';
  }
}

/** A field as it stands in the bytes. */
export type WireValue =
  /** Whole numbers beyond 2^53 lose their last digits, as everywhere in JSON of JavaScript. */
  { type: 'varint'; value: number } | { type: 'bytes'; value: Buffer } | { type: 'fixed'; value: Buffer };

export type WireField = WireValue & { number: number };

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The fields of a message in their order. Errors: ProtobufError. */
export function* readFields(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const varint = () => {
    const read = readVarint(bytes, at);
    at = read.end;
    return read.value;
  };
  const take = (length: number) => {
    if (length < 0 || length > bytes.length - at) throw new ProtobufError('unexpected end');
    return bytes.subarray(at, (at += length));
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number < 1) throw new ProtobufError(`illegal tag ${number}`);
    switch (tag % 8) {
      case VARINT:
        yield { number, type: 'varint', value: varint() };
        break;
      case BYTES:
        yield { number, type: 'bytes', value: take(varint()) };
        break;
      case FIXED64:
        yield { number, type: 'fixed', value: take(8) };
        break;
      case FIXED32:
        yield { number, type: 'fixed', value: take(4) };
        break;
      default:
        throw new ProtobufError(`illegal wire type ${tag % 8}`);
    }
  }
}

/** A signed 64-bit number of up to ten bytes. Errors: ProtobufError. */
export function readVarint(bytes: Buffer, start: number): { value: number; end: number } {
  let low = 0;
  let scale = 1;
  for (let at = start; at < start + 10; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw new ProtobufError('unexpected end');
    low += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return { value: at - start === 9 ? negative(bytes, start) : low, end: at + 1 };
  }
  throw new ProtobufError('integer overflow');
}

/** Negative numbers take all ten bytes, in two's complement. */
function negative(bytes: Buffer, start: number): number {
  let value = 0n;
  for (let index = 0; index < 10; index++) value |= BigInt((bytes[start + index] ?? 0) & 0x7f) << BigInt(7 * index);
  return Number(BigInt.asIntN(64, value));
}
