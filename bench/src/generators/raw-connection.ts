import { readFileSync } from 'node:fs';
import { connect, type Socket, type TcpSocketConnectOpts } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { ChunkedBody } from './chunked-body.js';

/** Where a load generator connects to, and as whom. */
export interface Target {
  port: number;
  authorization: string;
  /** The server's certificate; TLS is spoken when it is given. */
  caFile: string | undefined;
  /** PEM, for a server that knows its clients by certificates. */
  client?: { cert: string; key: string };
}

export interface RawRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: { length: number; parts: Iterable<Uint8Array> };
}

export interface RawResponse {
  status: number;
  /** The head as it came, without the empty line. */
  head: string;
  /** Bytes of the body, which was thrown away. */
  bytes: number;
  /** The beginning of the body of an error response. */
  errorText: string;
}

export class ProtocolError extends Error {
  readonly code = 'PROTOCOL';
}

/**
 * All connections of a process receive into this one buffer: what arrives is counted and forgotten before the next read.
 * Its start is moved by 48 bytes because the kernel copies several times slower to a buffer that begins close behind a
 * page boundary, as large buffers of Node do.
 */
const receiveSize = 1024 * 1024;
const received = Buffer.allocUnsafeSlow(receiveSize + 128).subarray(48, 48 + receiveSize);

/**
 * An HTTP/1.1 connection for load generation: one request at a time, bodies discarded. It
 * costs a fraction of the processor time of an ordinary client, which on a small machine would be taken from the server.
 */
export class RawConnection {
  private waiting: { resolve(response: RawResponse): void; reject(error: Error): void } | undefined;
  private drained: { resolve(): void; reject(error: Error): void } | undefined;
  private failure: Error | undefined;
  private partialHead: Buffer | undefined;
  private response: RawResponse | undefined;
  private remaining = 0;
  private chunked: ChunkedBody | undefined;
  private bodyless = false;

  private constructor(
    private readonly socket: Socket,
    private readonly target: Target,
  ) {
    socket.setNoDelay(true);
    socket.on('drain', () => this.drained?.resolve());
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new ProtocolError('the server closed the connection')));
  }

  static open(target: Target): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      // The callback runs first when `connection` has been set: data arrives in a later turn of the event loop.
      const onread = {
        buffer: received,
        callback: (length: number) => {
          connection.receive(received.subarray(0, length));
          return true;
        },
      };
      const options: TcpSocketConnectOpts = { host: '127.0.0.1', port: target.port, onread };
      const ready = () => resolve(connection);
      const socket =
        target.caFile === undefined
          ? connect(options, ready)
          : connectTls({ ...options, ...tlsOptions(target.caFile, target.client) }, ready);
      socket.once('error', reject);
      const connection = new RawConnection(socket, target);
    });
  }

  /** Sends a request and waits for the whole response. Errors: PROTOCOL, errors of the socket. */
  async send(request: RawRequest): Promise<RawResponse> {
    const response = this.exchange(this.headOf(request), request.method === 'HEAD');
    if (request.body !== undefined) await this.write(request.body.parts);
    return response;
  }

  /** As `send`, throwing unless the response has the given status. */
  async expect(status: number, request: RawRequest): Promise<RawResponse> {
    const response = await this.send(request);
    if (response.status === status) return response;
    throw new ProtocolError(
      `${request.method} ${request.path}: ${response.status} instead of ${status} ${response.errorText}`,
    );
  }

  /** The bytes of a request head, for `exchange`. */
  headOf({ method, path, headers, body }: RawRequest): string {
    const length = body?.length ?? (method === 'GET' || method === 'HEAD' ? undefined : 0);
    const all = {
      Host: `127.0.0.1:${this.target.port}`,
      ...(this.target.authorization !== '' && { Authorization: this.target.authorization }),
      ...headers,
      ...(length !== undefined && { 'Content-Length': String(length) }),
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  }

  /** Sends a prepared head and waits for the response. `bodyless` says that the response to HEAD is awaited. */
  exchange(head: string, bodyless: boolean): Promise<RawResponse> {
    const response = new Promise<RawResponse>((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    // A failure while the body is being written is thrown there.
    response.catch(() => undefined);
    this.bodyless = bodyless;
    if (this.failure === undefined) this.socket.write(head, 'latin1');
    else this.waiting?.reject(this.failure);
    return response;
  }

  close(): void {
    this.socket.destroy();
  }

  /** Writes a body; stops early when the response is there before its end. */
  private async write(parts: Iterable<Uint8Array>): Promise<void> {
    for (const part of parts) {
      if (this.failure !== undefined) throw this.failure;
      if (this.waiting === undefined) return;
      if (this.socket.write(part)) continue;
      await new Promise<void>((resolve, reject) => {
        this.drained = { resolve, reject };
      });
    }
  }

  private receive(chunk: Buffer): void {
    if (this.response !== undefined) return this.countBody(chunk);
    const data = this.partialHead === undefined ? chunk : Buffer.concat([this.partialHead, chunk]);
    const end = data.indexOf('\r\n\r\n');
    if (end < 0) {
      this.partialHead = Buffer.from(data);
      return;
    }
    this.partialHead = undefined;
    const head = data.toString('latin1', 0, end);
    this.response = { status: Number(head.slice(9, 12)), head, bytes: 0, errorText: '' };
    const empty = this.bodyless || this.response.status === 204;
    this.chunked = !empty && headerOf(head, 'transfer-encoding') === 'chunked' ? new ChunkedBody() : undefined;
    this.remaining = empty ? 0 : bodyLength(head);
    if (!this.chunked && Number.isNaN(this.remaining)) {
      return this.fail(new ProtocolError('a response that does not say how long it is'));
    }
    this.countBody(data.subarray(end + 4));
  }

  private countBody(chunk: Buffer): void {
    const response = this.response;
    if (response === undefined) return;
    if (response.status >= 400) response.errorText += chunk.toString('utf8', 0, 500);
    if (this.chunked) {
      this.chunked.take(chunk);
      response.bytes = this.chunked.bytes;
      if (!this.chunked.done) return;
    } else {
      response.bytes += chunk.length;
      this.remaining -= chunk.length;
      if (this.remaining > 0) return;
    }
    const waiting = this.waiting;
    this.response = undefined;
    this.waiting = undefined;
    this.drained?.resolve();
    waiting?.resolve(response);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(error);
    this.drained?.reject(error);
    this.socket.destroy();
  }
}

function tlsOptions(caFile: string, client: Target['client']): ConnectionOptions {
  return { ca: readFileSync(caFile), ALPNProtocols: ['http/1.1'], ...client };
}

/** The value of a header in a response head; undefined when it is not there. */
export function headerOf(head: string, name: string): string | undefined {
  const lines = head.split('\r\n').slice(1);
  const line = lines.find((text) => text.slice(0, name.length + 1).toLowerCase() === `${name.toLowerCase()}:`);
  return line?.slice(name.length + 1).trim();
}

/** The length of the body that follows; NaN when the head does not say. */
function bodyLength(head: string): number {
  return Number(headerOf(head, 'content-length') ?? NaN);
}
