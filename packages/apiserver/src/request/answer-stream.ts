import { once } from 'node:events';
import { pipeline } from 'node:stream';
import { constants, createGzip, type Gzip } from 'node:zlib';
import { GZIP_BYTES, type Exchange } from './exchange.js';

/**
 * An answer of unknown length. What is short goes as one piece with its length; what grows longer is streamed, no faster
 * than the client reads, and compressed where it likes that.
 */
export class AnswerStream {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private sink: Gzip | Exchange['response'] | undefined;

  constructor(
    private readonly exchange: Exchange,
    private readonly contentType: string,
  ) {}

  /** Resolves when there is room for more. Errors: the signal's reason, when the client has left. */
  async write(chunk: Buffer | string): Promise<void> {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (this.sink !== undefined) return this.push(this.sink, bytes);
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    if (this.heldBytes > GZIP_BYTES) await this.push(this.start(), this.release());
  }

  async end(): Promise<void> {
    if (this.sink === undefined) return this.exchange.send(200, this.contentType, this.release());
    this.sink.end();
    const { response, signal } = this.exchange;
    if (!response.writableFinished) await once(response, 'finish', { signal });
  }

  private release(): Buffer {
    const bytes = this.held.length === 1 ? (this.held[0] as Buffer) : Buffer.concat(this.held);
    this.held = [];
    return bytes;
  }

  private start(): Gzip | Exchange['response'] {
    const { exchange } = this;
    const headers = exchange.headers(this.contentType);
    if (!exchange.wantsGzip) {
      exchange.response.writeHead(200, headers);
      return (this.sink = exchange.response);
    }
    headers.push('Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding');
    exchange.response.writeHead(200, headers);
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    // A client that leaves destroys both; who writes hears of it by the signal.
    pipeline(gzip, exchange.response, () => undefined);
    return (this.sink = gzip);
  }

  private async push(sink: Gzip | Exchange['response'], bytes: Buffer): Promise<void> {
    this.exchange.signal.throwIfAborted();
    if (!sink.write(bytes)) await once(sink, 'drain', { signal: this.exchange.signal });
  }
}
