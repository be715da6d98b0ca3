import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import type { Target } from '../generators/raw-connection.js';
import { apiOptions } from './api-request.js';

/** A watch of the API, and when it told of a digest first. */
export class DigestWatch {
  private rest = '';
  private waiting: { digest: string; told: (at: number) => void } | undefined;

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('latin1');
    response.on('data', (chunk: string) => this.take(chunk));
    response.on('error', () => undefined);
  }

  /** Begins to watch a collection. Resolves when the server has begun to answer. Errors: an answer other than 200. */
  static open(api: Target, collection: string): Promise<DigestWatch> {
    return new Promise((resolve, reject) => {
      const outgoing = get({ ...apiOptions(api), path: `${collection}?watch=1` }, (response) => {
        if (response.statusCode === 200) return resolve(new DigestWatch(response));
        response.destroy();
        reject(new Error(`a watch of ${collection} was answered with ${response.statusCode}`));
      });
      outgoing.once('error', reject);
    });
  }

  /** When an event with a digest arrives that is asked for before it is pushed, by `performance.now()`. One at a time. */
  next(digest: string): Promise<number> {
    this.rest = '';
    return new Promise((told) => {
      this.waiting = { digest, told };
    });
  }

  close(): void {
    this.response.destroy();
  }

  private take(chunk: string): void {
    if (this.waiting === undefined) return;
    const { digest, told } = this.waiting;
    const seen = this.rest + chunk;
    if (seen.includes(digest)) {
      this.waiting = undefined;
      told(performance.now());
    }
    // What may be the beginning of a digest that goes on in the next piece.
    this.rest = seen.slice(-digest.length);
  }
}
