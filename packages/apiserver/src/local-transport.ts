import {
  Agent,
  createServer,
  request as send,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Transport, TransportRequest, TransportResponse } from '@longshore/kube';
import { UnreachableError } from '@longshore/kube';
import type { UserInfo } from './access/access.js';

/** Who is at the other end of a connection within this process. */
const users = new WeakMap<object, UserInfo>();

/** Undefined for connections from outside. */
export function localUserOf(socket: object): UserInfo | undefined {
  return users.get(socket);
}

/** One end of a connection within this process; what is written to it is read at the other. */
class LocalSocket extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  peer: LocalSocket | undefined;
  private taken: (() => void) | undefined;

  override _read(): void {
    this.taken?.();
    this.taken = undefined;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // The writer may go on when the other end wants more.
    if (this.peer === undefined || this.peer.push(chunk)) done();
    else this.peer.taken = done;
  }

  override _final(done: () => void): void {
    this.peer?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    this.peer = undefined;
    // In the next turn, so that the other end still gets what has been written.
    if (peer !== undefined && !peer.destroyed) setImmediate(() => peer.destroy());
    this.taken?.();
    done(error);
  }

  // What node:http asks of sockets.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

function connect(server: Server, user: UserInfo): LocalSocket {
  const [client, accepted] = [new LocalSocket(), new LocalSocket()];
  client.peer = accepted;
  accepted.peer = client;
  users.set(accepted, user);
  server.emit('connection', accepted);
  return client;
}

/** Talks to an API server in the same process, as a user who needs no credentials. All else is as over the network. */
export class LocalTransport implements Transport {
  private readonly server: Server;
  private readonly agent: Agent;

  constructor(handle: RequestListener, user: UserInfo) {
    this.server = createServer({ requestTimeout: 0, headersTimeout: 0 }, handle);
    this.agent = new Agent({ keepAlive: true });
    this.agent.createConnection = () => connect(this.server, user);
  }

  async request({ method, path, query, headers, body, signal }: TransportRequest): Promise<TransportResponse> {
    const search = query === undefined || query.size === 0 ? '' : `?${query.toString()}`;
    const request = send({
      agent: this.agent,
      host: 'localhost',
      method,
      path: path + search,
      // Node sends the body of a DELETE without a frame, unless its length is told.
      headers: {
        'user-agent': 'longshore',
        ...(typeof body === 'string' && { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
      ...(signal !== undefined && { signal }),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
    });
    if (body === undefined || typeof body === 'string') request.end(body);
    else pipeline(Readable.from(body), request).catch(() => request.destroy());
    try {
      const response = await answered;
      return { status: response.statusCode ?? 0, headers: flatten(response), body: response };
    } catch (error) {
      signal?.throwIfAborted();
      throw new UnreachableError('the API server in this process does not answer', { cause: error });
    }
  }

  async close(): Promise<void> {
    this.agent.destroy();
  }
}

function flatten({ headers }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
}
