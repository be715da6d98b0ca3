import { createHash, timingSafeEqual } from 'node:crypto';
import { RegistryError } from '@longshore/oci';
import { parseAuthorization } from '../access/index.js';
import type { Services } from '../services.js';
import { authorize } from './authorize.js';
import type { Exchange } from './exchange.js';

/** GET /v2/: whoever may ask learns that this is a registry (spec end-1). */
export function base(exchange: Exchange): void {
  exchange.sendJson(200, {});
}

export function redirectToBase(exchange: Exchange): void {
  exchange.send(301, ['Location', exchange.location('/v2/')]);
}

/** The process serves requests. */
export function liveness(exchange: Exchange): void {
  exchange.send(200, ['Cache-Control', 'no-cache']);
}

/** The process serves requests and its storage answers. */
export function readiness(exchange: Exchange, _route: unknown, { health }: Services): void {
  const { healthy, error } = health.status();
  if (!healthy) throw new RegistryError('UNAVAILABLE', { detail: error, headers: { 'Cache-Control': 'no-cache' } });
  exchange.send(200, ['Cache-Control', 'no-cache']);
}

/** GET of a token (reference registry 2.1). */
export async function issueToken(exchange: Exchange, _route: unknown, { access }: Services): Promise<void> {
  if (!access.issueToken) throw new RegistryError('UNSUPPORTED', { status: 404, message: 'no tokens are issued here' });
  const { query } = exchange;
  const answer = await access.issueToken({
    authorization: exchange.header('authorization'),
    scopes: query.getAll('scope'),
    service: query.get('service') ?? undefined,
  });
  exchange.sendJson(answer.status, answer.body, ['Cache-Control', 'no-store']);
}

/** GET of the metrics of all workers (reference registry 7.2). */
export async function metrics(exchange: Exchange, _route: unknown, services: Services): Promise<void> {
  if (services.config.openshift.metrics.enabled === false) {
    const detail = 'openshift.metrics.enabled is off';
    throw new RegistryError('UNSUPPORTED', { status: 404, message: 'no metrics are served here', detail });
  }
  await authorizeMetrics(exchange, services);
  const text = await services.renderMetrics();
  exchange.send(200, ['Content-Type', services.metrics.contentType], text);
}

/** With a secret configured, it must be the password or the token; without, the right to the metrics decides. */
async function authorizeMetrics(exchange: Exchange, services: Services): Promise<void> {
  const secret = services.config.openshift.metrics.secret;
  if (secret === undefined || secret === '') {
    return authorize(exchange, [{ type: 'metrics', name: '', action: 'get' }], services);
  }
  if (sameSecret(secretOf(exchange), secret)) return;
  exchange.challenges = ['Basic realm="metrics"'];
  throw new RegistryError('UNAUTHORIZED', { detail: 'the metrics take the secret that the configuration names' });
}

function secretOf(exchange: Exchange): string {
  const credentials = parseAuthorization(exchange.header('authorization'));
  if (credentials.scheme === 'basic') return credentials.password;
  return credentials.scheme === 'bearer' ? credentials.token : '';
}

function sameSecret(given: string, secret: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
}
