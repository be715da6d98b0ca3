import { createHash } from 'node:crypto';
import type { Credential } from '../credentials/credential.js';

/** Tells credentials apart in caches without holding them; `undefined` is nobody. */
export function fingerprint(credential: Credential | undefined): string {
  if (credential === undefined) return 'anonymous';
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(credential).sort()))
    .digest('base64url');
}
