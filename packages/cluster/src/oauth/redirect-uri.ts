/** Where users may be sent with a token or a code (RFC 6749, 3.1.2; RFC 8252, 7.3). */

const LOOPBACK = new Set(['127.0.0.1', '[::1]']);

/** Whether a client may register it: an absolute http or https URL without fragment and user. */
export function isRedirectUri(uri: string): boolean {
  if (!URL.canParse(uri) || uri.includes('#')) return false;
  const { protocol, username, password } = new URL(uri);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

/**
 * Whether the URI is one of those that were registered, character by character. Only the port of a registered loopback address
 * without port is free, as programs on the user's machine take one that is.
 */
export function isRegistered(uri: string, registered: readonly string[]): boolean {
  if (!isRedirectUri(uri) || hasHiddenParts(uri)) return false;
  return registered.some((allowed) => allowed === uri || matchesLoopback(uri, allowed));
}

/** What URL parsers read differently: backslashes, spaces, control characters. */
function hasHiddenParts(uri: string): boolean {
  return /[^\x21-\x7e]|\\/.test(uri);
}

function matchesLoopback(uri: string, allowed: string): boolean {
  if (!isRedirectUri(allowed)) return false;
  const [a, b] = [new URL(uri), new URL(allowed)];
  if (b.protocol !== 'http:' || b.port !== '' || !LOOPBACK.has(b.hostname) || a.hostname !== b.hostname) return false;
  // Written out again, so that nothing but the port differs.
  const port = a.port === '' ? '' : `:${a.port}`;
  return uri === `http://${b.hostname}${port}${b.pathname}${b.search}`;
}
