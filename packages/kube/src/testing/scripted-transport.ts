import type { Transport, TransportRequest, TransportResponse } from '../client/transport.js';

export interface ScriptedAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | object | Uint8Array[];
}

/** Answers requests in order with what a test says, and remembers them. */
export class ScriptedTransport implements Transport {
  readonly requests: TransportRequest[] = [];
  /** How many bodies were left before their end, or read to it. */
  ended = 0;

  constructor(private readonly answers: (ScriptedAnswer | Error)[]) {}

  async request(request: TransportRequest): Promise<TransportResponse> {
    this.requests.push(request);
    const answer = this.answers.shift();
    if (answer === undefined) throw new TypeError('no more answers');
    if (answer instanceof Error) throw answer;
    const { status = 200, headers = {}, body = {} } = answer;
    return { status, headers, body: this.chunks(body) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async *chunks(body: string | object | Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
    try {
      if (Array.isArray(body)) yield* body as Uint8Array[];
      else yield Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    } finally {
      this.ended++;
    }
  }
}
