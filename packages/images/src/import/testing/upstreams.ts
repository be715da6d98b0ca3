/** For tests: a place in front of a registry that counts what is asked of it, and fails as it is told. */
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Gate {
  /** Host and port, as references name it. */
  address: string;
  /** `GET /v2/team/app/manifests/v1`, in the order in which they came. */
  requests: string[];
  /** Answers instead of the registry where it returns a status. */
  failure: (count: number, what: string) => number | undefined;
  close(): Promise<void>;
}

/** Opens a gate before the registry at this URL (http). */
export async function openGate(url: string): Promise<Gate> {
  const { hostname, port } = new URL(url);
  const server = createServer((incoming, answer) => {
    const what = `${incoming.method} ${incoming.url}`;
    gate.requests.push(what);
    const status = gate.failure(gate.requests.length, what);
    if (status !== undefined) {
      answer.writeHead(status, { 'content-type': 'text/plain', ...(status === 429 && { 'retry-after': '120' }) });
      answer.end('not now');
      return;
    }
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, path, method, headers }, (response: IncomingMessage) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const gate: Gate = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    failure: () => undefined,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return gate;
}

/** Time that passes only by waiting, and waiting that takes none. */
export function instantClock() {
  let now = 0;
  return {
    now: () => now,
    random: () => 0.5,
    sleep: (milliseconds: number) => {
      now += milliseconds;
      return Promise.resolve();
    },
  };
}
