import { createServer } from 'node:http';
import type { DebugConfig } from '../config/index.js';
import type { Services } from '../services.js';
import { splitAddress } from './http-server.js';

/** `http.debug`: metrics and health on an address of their own, without credentials. Ends with the signal. */
export async function listenDebug(debug: DebugConfig, services: Services, signal: AbortSignal): Promise<void> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/debug/health') {
      const { healthy, error } = services.health.status();
      response.writeHead(healthy ? 200 : 503, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(healthy ? {} : { storagedriver: error }));
    } else if (debug.prometheus.enabled && path === debug.prometheus.path) {
      void services.renderMetrics().then(
        (text) => response.writeHead(200, { 'Content-Type': services.metrics.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(splitAddress(debug.addr), resolve);
  });
  signal.addEventListener('abort', () => server.close());
}
