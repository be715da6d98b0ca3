import { metricsSecret } from './server-config.js';

const metric = /^nodejs_eventloop_lag_p99_seconds(?:\{[^}]*\})? (\S+)$/m;

/**
 * Reads the event-loop delay p99 from a metrics page, in milliseconds. The server starts a new histogram with each read,
 * so the value covers the time since the last one. Undefined when there is no such page or metric.
 */
export async function eventLoopDelay(url: string): Promise<number | undefined> {
  const credentials = Buffer.from(`metrics:${metricsSecret}`).toString('base64');
  const response = await fetch(url, { headers: { authorization: `Basic ${credentials}` } });
  const page = await response.text();
  return response.ok ? parseEventLoopDelay(page) : undefined;
}

export function parseEventLoopDelay(page: string): number | undefined {
  const seconds = metric.exec(page)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
