import type { Credential } from './credential.js';

/** The credential of an entry, or what is wrong with it; neither for an entry whose secret is with a credential helper. */
export interface ReadEntry {
  credential?: Credential;
  problem?: string;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** HTTP allows no control characters in credentials (RFC 7617 section 2). */
const CONTROL = /[\u0000-\u001f\u007f]/;
const NOT_TEXT = '�';

/**
 * Reads an entry of `auths` (mirror.md 4): `identitytoken`, else `auth` (base64 of `user:password`), else `username` and
 * `password`. No problem ever quotes the entry.
 */
export function readEntry(entry: Record<string, unknown>): ReadEntry {
  const { identitytoken: identityToken, auth, username, password } = entry;
  if (isText(identityToken)) {
    return CONTROL.test(identityToken)
      ? { problem: 'identitytoken has control characters' }
      : { credential: { identityToken } };
  }
  if (isText(auth)) return decodeAuth(auth);
  if (isText(username) || isText(password)) {
    return isText(password)
      ? check({ username: isText(username) ? username : '', password })
      : { problem: 'has a username and no password' };
  }
  if (isText(entry['registrytoken'])) return { problem: 'has only a registrytoken, which is not supported' };
  return {};
}

function decodeAuth(auth: string): ReadEntry {
  const trimmed = auth.trim();
  const text = BASE64.test(trimmed) ? Buffer.from(trimmed, 'base64').toString() : NOT_TEXT;
  if (text.includes(NOT_TEXT))
    return { problem: 'auth is not the base64 of a text; expected base64 of "user:password"' };
  const colon = text.indexOf(':');
  if (colon < 0) return { problem: 'auth has no colon; expected the base64 of "user:password"' };
  // Some writers pad with zero bytes, which Docker takes away as well.
  const password = text.slice(colon + 1).replace(/\0{1,64}$/, '');
  return check({ username: text.slice(0, colon), password });
}

function check(credential: { username: string; password: string }): ReadEntry {
  const { username, password } = credential;
  if (password === '') return { problem: 'has an empty password' };
  return CONTROL.test(username) || CONTROL.test(password) ? { problem: 'has control characters' } : { credential };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
