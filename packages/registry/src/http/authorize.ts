import { RegistryError } from '@longshore/oci';
import type { Access, Decision } from '../access/index.js';
import { andThen, type MaybePromise } from '../access/maybe-promise.js';
import type { Services } from '../services.js';
import type { Endpoint } from './endpoints.js';
import type { Exchange } from './exchange.js';

/**
 * Lets the request go on when its sender has the wanted rights: at once when they are known. `useful`: what a challenge names
 * beside them. Errors: UNAUTHORIZED, DENIED, UNAVAILABLE.
 */
export function authorize(
  exchange: Exchange,
  wanted: readonly Access[],
  services: Services,
  useful?: Endpoint['useful'],
): MaybePromise<void> {
  return andThen(services.access.authorize(exchange.header('authorization'), wanted), (decision) => {
    services.metrics.authDecision(decision.outcome);
    if (decision.outcome !== 'allow')
      throw refusal(exchange, [...wanted, ...(useful?.(exchange.query) ?? [])], decision, services);
    exchange.subject = decision.subject;
  });
}

type Refusal = Exclude<Decision, { outcome: 'allow' }>;

function refusal(exchange: Exchange, named: readonly Access[], decision: Refusal, { access }: Services) {
  switch (decision.outcome) {
    case 'unavailable':
      return new RegistryError('UNAVAILABLE', { detail: decision.reason, headers: { 'Retry-After': '1' } });
    case 'forbidden':
      exchange.subject = decision.subject;
      return new RegistryError('DENIED', { detail: decision.missing });
    case 'unauthenticated':
      exchange.challenges = access.challenges(exchange.origin ?? '', named, decision);
      return new RegistryError('UNAUTHORIZED', { detail: named.length > 0 ? named : decision.reason });
  }
}
