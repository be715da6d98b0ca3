import type { Digest } from './digest.js';

/** Where an image of an index runs. The keys are those of the wire. */
export interface Platform {
  architecture: string;
  os: string;
  'os.version'?: string;
  'os.features'?: string[];
  variant?: string;
  features?: string[];
}

/** A typed link to content: what it is, its digest, how many bytes it has. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  urls?: string[];
  annotations?: Record<string, string>;
  artifactType?: string;
  platform?: Platform;
  /** The content itself in base64, when it is small enough to travel with the link. */
  data?: string;
}
