/** For tests: manifests with their configurations, as they are pushed. */
import { digestOf, MediaType, parseManifest, type Digest, type ParsedManifest } from '@longshore/oci';
import type { Image } from '@longshore/kube';

export const CONFIG_TEXT = JSON.stringify({ architecture: 'amd64', os: 'linux', author: 'x'.repeat(279) });

/** A digest that is made of one hexadecimal digit. */
export const digest = (digit: string) => `sha256:${digit.repeat(64)}` as Digest;

interface Parts {
  config?: string;
  configType?: string;
  layers?: [digit: string, size: number][];
  subject?: string;
}

/** The text of an OCI image manifest. */
export function manifestText(parts: Parts = {}): string {
  const { config = CONFIG_TEXT, configType = MediaType.ociConfig, layers = [['1', 1000]], subject } = parts;
  const mediaType = MediaType.ociLayerGzip;
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: configType, digest: digestOf(Buffer.from(config)), size: config.length },
    layers: layers.map(([digit, size]) => ({ mediaType, digest: digest(digit), size })),
    ...(subject !== undefined && { subject: { mediaType: MediaType.ociManifest, digest: subject, size: 1 } }),
  });
}

/** The text of an OCI index. */
export function indexText(manifests: readonly object[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests });
}

export const parse = (text: string): ParsedManifest => parseManifest(Buffer.from(text));

/** An Image as a push sends it. */
export function pushedImage(manifest: string, { metadata, ...more }: Partial<Image> = {}): Image {
  const name = digestOf(Buffer.from(manifest));
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'Image',
    metadata: { name, ...metadata },
    dockerImageReference: `registry.local:5000/proj/app@${name}`,
    dockerImageManifest: manifest,
    ...more,
  };
}
