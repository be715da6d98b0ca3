/** Writes protobuf messages. What comes first is written first. */
export class MessageWriter {
  private readonly parts: Buffer[] = [];

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  bytes(field: number, value: Buffer): this {
    this.parts.push(varint(field * 8 + 2), varint(value.length), value);
    return this;
  }

  message(field: number, value: MessageWriter): this {
    return this.bytes(field, value.finish());
  }

  boolean(field: number, value: boolean): this {
    this.parts.push(varint(field * 8), varint(value ? 1 : 0));
    return this;
  }

  /** A whole number from 0 to 2^53. */
  integer(field: number, value: number): this {
    this.parts.push(varint(field * 8), varint(value));
    return this;
  }

  double(field: number, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.parts.push(varint(field * 8 + 1), bytes);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.parts);
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
