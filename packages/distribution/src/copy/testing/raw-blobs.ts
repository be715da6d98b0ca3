import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** How a server sends the body of one answer. */
export interface BodyShape {
  framing: 'length' | 'chunks' | 'chunks and trailers' | 'end of connection';
  /** Bytes of single writes, in turn; chunks of the framing are of these sizes, too. */
  writes: readonly number[];
  /** The connection ends behind so many bytes of the body. */
  cut?: number | undefined;
  knowsRanges: boolean;
  /** What comes first: an answer that leads elsewhere or asks to come again, with a body of its own. */
  before?: 'redirect' | 'unavailable' | 'hints' | undefined;
  /** Something follows that nobody asked for. */
  isFollowed: boolean;
}

export const PLAIN_BODY: BodyShape = { framing: 'length', writes: [65_536], knowsRanges: true, isFollowed: false };

const TLS_HANDSHAKE = 0x16;
const UNASKED = 'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nunasked';

/** A registry that reads requests without bodies, and writes its answers byte by byte as it is told. */
export class RawBlobs {
  readonly #blobs = new Map<string, { bytes: Buffer; shapes: BodyShape[] }>();
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    isTls: boolean,
  ) {
    server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      void this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async start(tls?: { key: Buffer; cert: Buffer }): Promise<RawBlobs> {
    const server = tls ? createTlsServer({ ...tls, noDelay: true }) : createServer({ noDelay: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new RawBlobs(server, tls !== undefined);
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many are open on this side. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** The blob is sent in these shapes, one for each answer, then plainly. */
  publish(digest: string, bytes: Buffer, shapes: readonly BodyShape[]): void {
    this.#blobs.set(digest, { bytes, shapes: [...shapes] });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #serve(socket: Socket): Promise<void> {
    let text = '';
    for await (const bytes of socket) {
      // Clients try TLS first, and would wait for an answer.
      if ((bytes as Buffer)[0] === TLS_HANDSHAKE) return void socket.destroy();
      text += (bytes as Buffer).toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        await this.#answer(socket, text.slice(0, end));
        text = text.slice(end + 4);
      }
    }
  }

  async #answer(socket: Socket, request: string): Promise<void> {
    const [, method, path = ''] = /^(\S+) (\S+)/.exec(request) ?? [];
    const blob = this.#blobs.get(path.split('/').at(-1) ?? '');
    if (blob === undefined) return void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
    const { bytes, shapes } = blob;
    if (method === 'HEAD') return void socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.byteLength}\r\n\r\n`);
    const shape = shapes[0] ?? PLAIN_BODY;
    const { before } = shape;
    if (before !== undefined) shapes[0] = { ...shape, before: undefined };
    const body = 'x'.repeat(40_000);
    if (before === 'redirect')
      return void socket.write(
        `HTTP/1.1 307 Elsewhere\r\nlocation: /elsewhere${path}\r\ncontent-length: 40000\r\n\r\n${body}`,
      );
    if (before === 'unavailable')
      return void socket.write(`HTTP/1.1 503 Later\r\ncontent-length: 40000\r\n\r\n${body}`);
    if (before === 'hints') socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n');
    shapes.shift();
    await sendShaped(socket, bytes, shape, Number(/\r\nrange: bytes=(\d+)-/i.exec(request)?.[1] ?? 0));
  }
}

async function sendShaped(socket: Socket, whole: Buffer, shape: BodyShape, asked: number): Promise<void> {
  const start = shape.knowsRanges ? asked : 0;
  const { byteLength: size } = whole;
  const range = `content-range: bytes ${start}-${size - 1}/${size}\r\n`;
  const isChunked = shape.framing.startsWith('chunks');
  const length = `content-length: ${size - start}\r\n\r\n`;
  const unframed = shape.framing === 'length' ? length : 'connection: close\r\n\r\n';
  const head = [
    start === 0 ? 'HTTP/1.1 200 OK\r\n' : `HTTP/1.1 206 Part\r\n${range}`,
    isChunked ? 'transfer-encoding: chunked\r\n\r\n' : unframed,
  ].join('');
  const end = Math.min(start + (shape.cut ?? size), size);
  const writes: Buffer[] = [Buffer.from(head)];
  for (let at = start, turn = 0; at < end; turn += 1) {
    const part = whole.subarray(at, Math.min(at + (shape.writes[turn % shape.writes.length] ?? size), end));
    at += part.byteLength;
    writes.push(
      isChunked ? Buffer.concat([Buffer.from(`${part.byteLength.toString(16)}\r\n`), part, Buffer.from('\r\n')]) : part,
    );
  }
  const endsConnection = shape.framing === 'end of connection';
  const isWhole = shape.cut === undefined;
  if (isWhole && isChunked)
    writes.push(Buffer.from(shape.framing === 'chunks' ? '0\r\n\r\n' : '0\r\nx-sum: 1\r\n\r\n'));
  if (isWhole && shape.isFollowed && !endsConnection) writes.push(Buffer.from(UNASKED));
  for (const bytes of writes) {
    await new Promise<void>((resolve) => {
      if (socket.write(bytes, () => resolve())) resolve();
    });
  }
  if (!isWhole || endsConnection) socket.destroySoon();
}
