/** One of several processes that serve a registry on one port. The primary says when to start and when to stop. */
import { createLogger, createMetrics, remoteLimiter } from '../observe/index.js';
import { limitsChannel } from './limits-channel.js';
import type { StartMessage, ToPrimary, ToWorker } from './messages.js';
import { BUILD } from './build.js';
import { run, type Running } from './run.js';
import { stopWorker } from './worker-stop.js';

const pages = new Map<number, (text: string) => void>();
const metrics = createMetrics({ build: BUILD });
let asked = 0;
let running: Promise<Running> | undefined;

const say = (message: ToPrimary) => process.send?.(message);

function renderMetrics(): Promise<string> {
  return new Promise((resolve) => {
    pages.set(++asked, resolve);
    say({ type: 'render-metrics', id: asked });
  });
}

function start({ config, secret, first }: StartMessage): Promise<Running> {
  const log = createLogger(config.log);
  const limiter = remoteLimiter(limitsChannel(process));
  return run(config, { secret: Buffer.from(secret, 'base64'), log, metrics, limiter, renderMetrics, first });
}

process.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'start':
      running = start(message);
      running.then(
        ({ address }) => say({ type: 'listening', address }),
        (error: Error) => say({ type: 'failed', message: error.message }),
      );
      return;
    case 'stop':
      void stopWorker(running, say).finally(() => process.disconnect());
      return;
    case 'collect-metrics':
      void metrics.metricsAsJson().then((part) => say({ type: 'metrics', id: message.id, part }));
      return;
    case 'rendered-metrics':
      pages.get(message.id)?.(message.text);
      pages.delete(message.id);
  }
});

// The terminal sends these to the whole group; the primary passes on what is to be done.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
say({ type: 'ready' });
