import { Readable } from 'node:stream';
import type { BlobSource } from '../pullthrough/blob-source.js';

/** An upstream whose blob comes as the test says. */
export class ScriptedSource implements BlobSource {
  /** From where it was asked for, each time. */
  readonly opened: number[] = [];
  /** How often its size was asked for. */
  stats = 0;
  /** What asking fails with. */
  failure: Error | undefined;
  private body: Readable | undefined;
  private sent = 0;

  constructor(readonly content: Buffer) {}

  async open(start: number, signal: AbortSignal): Promise<{ size: number; body: Readable }> {
    this.opened.push(start);
    if (this.failure) throw this.failure;
    const body = new Readable({ read: () => undefined });
    signal.addEventListener('abort', () => body.destroy(signal.reason as Error));
    this.body = body;
    this.sent = start;
    return { size: this.content.length, body };
  }

  async size(): Promise<number> {
    this.stats++;
    if (this.failure) throw this.failure;
    return this.content.length;
  }

  /** Sends what is missing of the first `end` bytes. */
  sendUntil(end: number): void {
    this.body?.push(this.content.subarray(this.sent, end));
    this.sent = end;
  }

  /** Sends the rest. */
  finish(): void {
    if (this.sent < this.content.length) this.sendUntil(this.content.length);
    this.body?.push(null);
  }

  /** Breaks off. */
  fail(error: Error): void {
    this.body?.destroy(error);
  }
}
