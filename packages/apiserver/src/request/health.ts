import type { Exchange } from './exchange.js';

/** Whether a part of the server works. Rejects with what is wrong. */
export type HealthCheck = () => Promise<void>;

const ENDPOINTS = ['/healthz', '/livez', '/readyz'];
const TIMEOUT_MS = 5000;

/** The parts that are asked, by name; `ping` always answers. */
export type HealthChecks = Readonly<Record<string, HealthCheck>>;

/** Answers `/healthz`, `/livez`, `/readyz` and single checks below them. Resolves with false for other paths. */
export async function answerHealth(exchange: Exchange, checks: HealthChecks): Promise<boolean> {
  const { path } = exchange.info;
  const endpoint = ENDPOINTS.find((candidate) => path === candidate || path.startsWith(`${candidate}/`));
  if (endpoint === undefined) return false;
  const all: HealthChecks = { ping: async () => undefined, ...checks };
  const one = path.slice(endpoint.length + 1);
  if (one !== '' && !Object.hasOwn(all, one)) return false;
  const excluded = new Set(exchange.query.getAll('exclude'));
  const names = (one === '' ? Object.keys(all) : [one]).filter((name) => !excluded.has(name));
  const results = await Promise.all(names.map(async (name) => ({ name, ok: await works(all[name] as HealthCheck) })));
  await answer(exchange, endpoint.slice(1), results);
  return true;
}

async function works(check: HealthCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timeout')), TIMEOUT_MS);
  });
  try {
    await Promise.race([check(), timeout]);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function answer(exchange: Exchange, endpoint: string, results: { name: string; ok: boolean }[]): Promise<void> {
  const isHealthy = results.every(({ ok }) => ok);
  const type = 'text/plain; charset=utf-8';
  if (isHealthy && !exchange.query.has('verbose')) return exchange.send(200, type, 'ok');
  // Why a check failed is for the log of the server: everybody may ask here.
  const lines = results.map(({ name, ok }) => (ok ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`));
  const end = `${endpoint} check ${isHealthy ? 'passed' : 'failed'}\n`;
  return exchange.send(isHealthy ? 200 : 500, type, lines.join('') + end);
}
