import { findConnection, HttpTransport, type TransportRequest } from '@longshore/kube';
import type { Answer, Api } from './behaviour.js';

/** The API server that a kubeconfig names. */
export async function apiOf(kubeconfig: string): Promise<Api & { close(): Promise<void> }> {
  const transport = new HttpTransport(await findConnection({ kubeconfig }));
  return {
    async send({ method, path: target, headers, body, events }) {
      const [path = '', query = ''] = target.split(/\?(.*)/s);
      const response = await transport.request({
        method: method as TransportRequest['method'],
        path,
        query: new URLSearchParams(query),
        headers,
        ...(body !== undefined && { body }),
        ...(events !== undefined && { isWatch: true }),
        signal: AbortSignal.timeout(20_000),
      });
      const { status } = response;
      const isWatch = events !== undefined && status === 200;
      const answer = isWatch ? await readEvents(response.body, events) : parse(await readAll(response.body));
      return { status, headers: { ...response.headers }, body: answer } satisfies Answer;
    },
    close: () => transport.close(),
  };
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** So many events; with 0, all until the server ends the watch. */
async function readEvents(body: AsyncIterable<Uint8Array>, wanted: number): Promise<unknown[]> {
  const events: unknown[] = [];
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown));
    if (wanted > 0 && events.length >= wanted) break;
  }
  return events;
}

/** JSON where it is JSON, else the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
