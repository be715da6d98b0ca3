import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { OperatorMetrics } from './operator-metrics.js';

export interface EndpointsOptions {
  metrics: OperatorMetrics;
  /** Rejects while the operator cannot work. */
  checkReady: () => Promise<void>;
}

/** What the operator serves: `/metrics`, `/healthz` (it runs), `/readyz` (it reaches the cluster). */
export function operatorEndpoints({ metrics, checkReady }: EndpointsOptions): RequestListener {
  const answers: Readonly<Record<string, (response: ServerResponse) => Promise<void>>> = {
    '/healthz': async (response) => text(response, 200, 'ok\n'),
    '/readyz': (response) =>
      checkReady().then(
        () => text(response, 200, 'ok\n'),
        () => text(response, 503, 'the cluster does not answer\n'),
      ),
    '/metrics': async (response) => {
      const body = await metrics.render();
      response.writeHead(200, { 'content-type': metrics.contentType }).end(body);
    },
  };
  return (request, response) => {
    // What clients send is of no interest.
    request.resume();
    const path = pathOf(request);
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (answer === undefined) return text(response, 404, 'not found\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(response, 405, 'method not allowed\n');
    void answer(response).catch(() => response.destroy());
  };
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
}
