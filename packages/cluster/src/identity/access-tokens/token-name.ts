import { createHash, randomBytes } from 'node:crypto';

/** Tokens of users begin with it; so do the names of their objects, which hold the hash instead. */
export const TOKEN_PREFIX = 'sha256~';
const SECRET_BYTES = 32;
const BASE64URL_32_BYTES = /^[A-Za-z0-9_-]{43}$/;

/** A new token that nobody can guess: `sha256~` and 256 random bits. */
export function generateToken(): string {
  return TOKEN_PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
}

/** The name of a token's object, from which the token cannot be found: `sha256~` and the hash of what follows it. */
export function tokenName(token: string): string {
  const secret = token.slice(TOKEN_PREFIX.length);
  return TOKEN_PREFIX + createHash('sha256').update(secret).digest('base64url');
}

/** Whether it looks like a token of a user; also true of the names of their objects. */
export function isToken(text: string): boolean {
  return text.startsWith(TOKEN_PREFIX) && BASE64URL_32_BYTES.test(text.slice(TOKEN_PREFIX.length));
}

export const isTokenName = isToken;
