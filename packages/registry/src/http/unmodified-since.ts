import { RegistryError } from '@longshore/oci';
import type { Leased, Leases } from '../leases.js';
import type { Exchange } from './exchange.js';

/** The time that `If-Unmodified-Since` names (RFC 9110, section 13.1.4), in ms since the epoch; undefined without one. */
export function unmodifiedSince(exchange: Exchange): number | undefined {
  const time = Date.parse(exchange.header('if-unmodified-since') ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Deletes a link for a pruner that has looked at the cluster at the time `since`: a push may have relied on it meanwhile. As a
 * lease that is young is not renewed, its age may be a quarter of a lease greater than it says; twice as much is allowed for.
 * Resolves with whether there was anything to delete. Errors: UNSUPPORTED with 412.
 */
export async function deleteUnmodified(leases: Leases, link: Leased, since: number): Promise<boolean> {
  if (await leases.collect(link, since - leases.leaseMs / 2)) return true;
  const found = await leases.look(link);
  if (found === undefined) return false;
  throw new RegistryError('UNSUPPORTED', {
    status: 412,
    message: 'a push may be about to use it',
    detail: { modified: new Date(found.modified).toISOString() },
  });
}
