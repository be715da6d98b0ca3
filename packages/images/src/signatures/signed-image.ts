import { createHash, randomUUID } from 'node:crypto';
import { formatTime, IMAGE_API_VERSION, type Image, type ImageSignature } from '@longshore/kube';
import { isManaged } from '../images/managed-image.js';

/** A signature, and where it was found. */
export interface FoundSignature {
  content: Uint8Array;
  /** For people: a registry, or the URL of a store. */
  from: string;
}

/** Of an image (registry.md 3.2). */
export const MOST_SIGNATURES = 10;
const TYPE = 'AtomicImageV1';
const LONGEST_ORIGIN = 300;

/** How many more signatures an image may be given. Those that were pushed here get theirs here. */
export function missingSignatures(image: Image): number {
  return isManaged(image) ? 0 : Math.max(0, MOST_SIGNATURES - (image.signatures?.length ?? 0));
}

/**
 * The image with the signatures that it does not have yet; undefined when there are none. What is no OpenPGP message is left
 * out: a server may answer everything with a page. Nobody has verified them, and their conditions say so.
 */
export function withSignatures(image: Image, found: readonly FoundSignature[], now: Date): Image | undefined {
  const { signatures = [] } = image;
  const known = new Set(signatures.map(({ content }) => content));
  const added = new Map<string, ImageSignature>();
  for (const { content, from } of found) {
    const text = Buffer.from(content).toString('base64');
    if (added.size === missingSignatures(image)) break;
    if (!known.has(text) && isOpenPgp(content)) added.set(text, newSignature(image, { content, from }, now));
  }
  return added.size === 0 ? undefined : { ...image, signatures: [...signatures, ...added.values()] };
}

/** Each packet begins with a byte whose highest bit is set (RFC 9580, 4.2). */
function isOpenPgp([first = 0]: Uint8Array): boolean {
  return first >= 0x80;
}

function newSignature({ metadata }: Image, { content, from }: FoundSignature, now: Date): ImageSignature {
  const time = formatTime(now);
  const unverified = {
    status: 'Unknown' as const,
    lastProbeTime: time,
    lastTransitionTime: time,
    reason: 'NotVerified',
    message: `found at ${from.slice(0, LONGEST_ORIGIN)}; nobody has verified it`,
  };
  return {
    apiVersion: IMAGE_API_VERSION,
    kind: 'ImageSignature',
    metadata: {
      name: `${metadata.name}@${createHash('sha256').update(content).digest('hex')}`,
      uid: randomUUID(),
      creationTimestamp: time,
    },
    type: TYPE,
    content: Buffer.from(content).toString('base64'),
    conditions: [
      { type: 'Trusted', ...unverified },
      { type: 'ForImage', ...unverified },
    ],
  };
}
