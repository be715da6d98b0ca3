import { createHash } from 'node:crypto';

/** The sha256 digest of content as `sha256:HEX`. */
export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
