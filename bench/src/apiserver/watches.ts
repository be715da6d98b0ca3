import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import type { Target } from '../generators/raw-connection.js';
import { COLLECTION } from './config-maps.js';

const EVENT = Buffer.from('{"type":"ADDED"');
/** Watches that are opened at the same time. */
const OPENING = 50;

/** Many watches of the same objects, which count the events that they are sent. */
export class Watches {
  private readonly sockets: TLSSocket[] = [];
  readonly counts: number[] = [];
  private changed: () => void = () => undefined;

  static async open(target: Target, count: number, resourceVersion: string): Promise<Watches> {
    const watches = new Watches();
    for (let opened = 0; opened < count; opened += OPENING) {
      const group = Array.from({ length: Math.min(OPENING, count - opened) }, (_, at) => opened + at);
      await Promise.all(group.map((index) => watches.add(target, index, resourceVersion)));
    }
    return watches;
  }

  /** Resolves when each has seen so many events. */
  async until(events: number): Promise<void> {
    while (this.counts.some((count) => count < events)) {
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    }
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resolves when the server has begun to answer. */
  private add({ port, caFile, client }: Target, index: number, resourceVersion: string): Promise<void> {
    this.counts[index] = 0;
    const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(caFile ?? ''), ...client });
    this.sockets.push(socket);
    socket.write(
      `GET ${COLLECTION}?watch=1&resourceVersion=${resourceVersion} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
    );
    return new Promise((resolve, reject) => {
      let tail: Buffer = Buffer.alloc(0);
      let hasBegun = false;
      socket.on('error', reject);
      socket.on('data', (chunk: Buffer) => {
        if (!hasBegun && !chunk.toString('latin1', 0, 15).includes(' 200')) {
          reject(new Error(`a watch was answered with ${chunk.toString('latin1', 0, 300)}`));
        }
        hasBegun = true;
        resolve();
        const text = Buffer.concat([tail, chunk]);
        for (let at = text.indexOf(EVENT); at >= 0; at = text.indexOf(EVENT, at + EVENT.length)) this.counts[index]!++;
        // What may be the beginning of an event that goes on in the next piece.
        tail = Buffer.from(text.subarray(Math.max(0, text.length - EVENT.length + 1)));
        this.changed();
      });
    });
  }
}
