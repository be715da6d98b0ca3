import { connect, type Socket } from 'node:net';
import { GrowingBuffer } from './growing-buffer.js';
import { parseResponse, type RawResponse } from './raw-response.js';

/** The server neither answered nor closed the connection. */
export class HungConnectionError extends Error {
  readonly code = 'CONNECTION_HUNG';
  constructor(bound: number) {
    super(`neither an answer nor an end within ${bound} ms`);
    this.name = 'HungConnectionError';
  }
}

/** A TCP connection on which one may write what no HTTP client would. */
export class RawConnection {
  readonly #received = new GrowingBuffer();
  #ended = false;
  #look: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    const end = () => {
      this.#ended = true;
      this.#look();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#received.append(chunk);
      this.#look();
    });
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', () => undefined); // A reset is an end like any other; `close` follows.
  }

  /** Connects to a port of this machine. */
  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  /** True when the server has ended its side. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when the bytes are on their way, or the connection is gone. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed || !this.socket.writable) resolve();
      else this.socket.write(bytes, () => resolve());
    });
  }

  /** Sends nothing more, and goes on reading. */
  halfClose(): void {
    this.socket.end();
  }

  /** Waits for the first byte, then reads no more for now: the server cannot send more than the buffers hold. */
  async pauseAtAnswer(bound: number): Promise<void> {
    await this.#wait(bound, () => (this.#received.bytes.length > 0 || this.#ended ? { value: undefined } : undefined));
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Ends both sides at once, by a TCP reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  /**
   * The next final answer (1xx are skipped) to a request of the given method; undefined when the server ends the
   * connection instead. Errors: MalformedResponseError; HungConnectionError after `bound` milliseconds.
   */
  nextResponse(method: string, bound: number): Promise<RawResponse | undefined> {
    return this.#wait(bound, () => {
      const response = this.#take(method);
      return response !== undefined || this.#ended ? { value: response } : undefined;
    });
  }

  /** What comes before the server ends the connection. Errors: HungConnectionError after `bound` milliseconds. */
  bytesToEnd(bound: number): Promise<Buffer> {
    return this.#wait(bound, () => (this.#ended ? { value: Buffer.from(this.#received.bytes) } : undefined));
  }

  /** Looks after each event until there is a value. */
  #wait<T>(bound: number, look: () => { value: T } | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (action: () => void) => {
        clearTimeout(timer);
        this.#look = () => undefined;
        action();
      };
      const timer = setTimeout(() => settle(() => reject(new HungConnectionError(bound))), bound);
      this.#look = () => {
        try {
          const found = look();
          if (found) settle(() => resolve(found.value));
        } catch (error) {
          settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      this.#look();
    });
  }

  #take(method: string): RawResponse | undefined {
    for (;;) {
      const parsed = parseResponse(this.#received.bytes, method, this.#ended);
      if (!parsed) return undefined;
      this.#received.take(parsed.length);
      const { status, headers, body } = parsed.response;
      if (status >= 200) return { status, headers, body: Buffer.from(body) };
    }
  }
}
