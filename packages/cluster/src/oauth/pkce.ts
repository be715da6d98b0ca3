/** Proof that the one who has a code is the one who asked for it (RFC 7636). */
import { createHash, timingSafeEqual } from 'node:crypto';

/** 43 to 128 unreserved characters (4.1). */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

export function isChallenge(text: string): boolean {
  return CHALLENGE.test(text);
}

/** Whether the challenge was made of the verifier by the method S256 (4.6). */
export function matchesChallenge(verifier: string, challenge: string): boolean {
  if (!VERIFIER.test(verifier)) return false;
  return equalTexts(createHash('sha256').update(verifier).digest('base64url'), challenge);
}

/** Compares secrets without telling by its time how much is equal. */
export function equalTexts(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
