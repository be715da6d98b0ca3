import type { Access, Decision } from './access.js';
import { formatScopes } from './scopes.js';

/**
 * Writes a quoted string of RFC 9110 section 5.6.4. Characters outside printable ASCII are left out: they could end the
 * header or make it invalid, and none of our values needs them.
 */
function quote(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;
}

/** The `WWW-Authenticate` value that sends clients to the token endpoint at `realm` (RFC 6750 section 3). */
export function bearerChallenge(
  realm: string,
  service: string,
  wanted: readonly Access[],
  decision: Extract<Decision, { outcome: 'unauthenticated' }>,
): string {
  const parts = [`realm=${quote(realm)}`, `service=${quote(service)}`];
  if (wanted.length > 0) parts.push(`scope=${quote(formatScopes(wanted))}`);
  if (decision.error !== undefined) parts.push(`error=${quote(decision.error)}`);
  return `Bearer ${parts.join(',')}`;
}

/** The `WWW-Authenticate` value that asks for a user and a password (RFC 7617). */
export function basicChallenge(realm: string): string {
  return `Basic realm=${quote(realm)},charset="UTF-8"`;
}
