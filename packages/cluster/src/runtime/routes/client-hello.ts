/** What the first bytes of a connection say. */
export type FirstBytes =
  /** More bytes are needed. */
  | { type: 'incomplete' }
  /** No TLS, or none that can be read. */
  | { type: 'other' }
  | { type: 'hello'; serverName?: string };

/** A hello is smaller, also with the keys of several groups; whoever sends more is refused. */
const MAX_HELLO_BYTES = 64 * 1024;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const RECORD_HEAD = 5;
const MAX_RECORD = 2 ** 14 + 256;
const INCOMPLETE: FirstBytes = { type: 'incomplete' };
const OTHER: FirstBytes = { type: 'other' };

/**
 * Reads the server name from the beginning of a TLS connection (RFC 8446, 4.1.2 and 5.1; RFC 6066, 3), without which nobody
 * knows whose certificate to show, or whether the bytes are to be passed on as they are.
 */
export function readClientHello(bytes: Buffer): FirstBytes {
  const message = handshakeMessage(bytes);
  if (!Buffer.isBuffer(message)) return message;
  try {
    const serverName = nameIn(new Reader(message));
    return { type: 'hello', ...(serverName !== undefined && { serverName }) };
  } catch (error) {
    if (error instanceof RangeError) return OTHER;
    throw error;
  }
}

/** The body of the hello, put together from its records. */
function handshakeMessage(bytes: Buffer): Buffer | FirstBytes {
  const pieces: Buffer[] = [];
  let length = 0;
  for (let at = 0; ;) {
    if (at < bytes.length && bytes[at] !== HANDSHAKE) return OTHER;
    if (bytes.length < at + RECORD_HEAD) return bytes.length > MAX_HELLO_BYTES ? OTHER : INCOMPLETE;
    const size = bytes.readUInt16BE(at + 3);
    if (bytes[at + 1] !== 3 || size === 0 || size > MAX_RECORD) return OTHER;
    const piece = bytes.subarray(at + RECORD_HEAD, at + RECORD_HEAD + size);
    pieces.push(piece);
    length += piece.length;
    if (pieces[0]?.[0] !== undefined && pieces[0][0] !== CLIENT_HELLO) return OTHER;
    at += RECORD_HEAD + size;
    if (length >= 4) {
      const message = Buffer.concat(pieces);
      const wanted = 4 + message.readUIntBE(1, 3);
      if (wanted > MAX_HELLO_BYTES) return OTHER;
      if (length >= wanted) return message.subarray(4, wanted);
    }
    if (at > bytes.length) return INCOMPLETE;
  }
}

/** Errors: RangeError where the message is cut short. */
function nameIn(hello: Reader): string | undefined {
  hello.skip(2 + 32);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  if (hello.isAtEnd) return undefined;
  const extensions = hello.vector(2);
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type !== SERVER_NAME) continue;
    const names = content.vector(2);
    while (!names.isAtEnd) {
      const kind = names.number(1);
      const name = names.vector(2);
      if (kind === HOST_NAME) return name.text;
    }
  }
  return undefined;
}

/** Reads numbers and vectors as TLS writes them. Errors: RangeError at the end. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  skip(count: number): void {
    if (this.at + count > this.bytes.length) throw new RangeError('the message is cut short');
    this.at += count;
  }

  number(size: number): number {
    this.skip(size);
    return this.bytes.readUIntBE(this.at - size, size);
  }

  /** Bytes behind their number, which has `size` bytes. */
  vector(size: number): Reader {
    const length = this.number(size);
    this.skip(length);
    return new Reader(this.bytes.subarray(this.at - length, this.at));
  }
}
