/** For tests: a receiver of webhooks that answers as it is told and checks signatures by itself. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ImageStreamEvent } from '../cloud-event.js';

const KEY = Buffer.alloc(32, 5);
export const RECEIVER_SECRET = `whsec_${KEY.toString('base64')}`;

export interface Receiver {
  url: string;
  /** Events that were taken, in order. */
  events: ImageStreamEvent[];
  /** Headers of all requests. */
  requests: IncomingMessage['headers'][];
  /** The next events, when they have come. */
  next(count: number): Promise<ImageStreamEvent[]>;
  close(): Promise<void>;
}

/** Answers one request after the other with these; 204 when there are none left. */
export async function startReceiver(
  answers: { status: number; headers?: Record<string, string> }[] = [],
): Promise<Receiver> {
  const events: ImageStreamEvent[] = [];
  const requests: IncomingMessage['headers'][] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push(request.headers);
      const body = Buffer.concat(chunks).toString();
      const { status, headers = {} } = isSigned(request.headers, body)
        ? (answers.shift() ?? { status: 204 })
        : { status: 401 };
      if (status === 204) events.push(JSON.parse(body) as ImageStreamEvent);
      response.writeHead(status, headers).end();
      for (const wake of waiting.splice(0)) wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    events,
    requests,
    next: async (count) => {
      while (events.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return events;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function isSigned(headers: IncomingMessage['headers'], body: string): boolean {
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const expected = Buffer.from(`v1,${createHmac('sha256', KEY).update(content).digest('base64')}`);
  const given = Buffer.from(String(headers['webhook-signature']));
  return given.length === expected.length && timingSafeEqual(given, expected);
}
