import { digestOf, MediaType, parseManifest, type Descriptor, type Digest, type ParsedManifest } from '@longshore/oci';

/** A manifest and its digest. */
export interface Made {
  digest: Digest;
  manifest: ParsedManifest;
  descriptor: Descriptor;
}

export interface ImageParts {
  config?: Descriptor;
  layers?: Descriptor[];
  subject?: Descriptor;
  artifactType?: string;
  annotations?: Record<string, string>;
}

/** The descriptor of a blob whose bytes are `content`. */
export const blobNamed = (content: string, mediaType: string = MediaType.ociLayer): Descriptor => ({
  mediaType,
  digest: digestOf(Buffer.from(content)),
  size: Buffer.byteLength(content),
});

/** An image whose annotation `name` tells it apart from others. */
export function imageNamed(name: string, { config, layers = [], annotations, ...rest }: ImageParts = {}): Made {
  return made(MediaType.ociManifest, {
    config: config ?? blobNamed(`config of ${name}`, MediaType.ociConfig),
    layers,
    ...rest,
    annotations: { name, ...annotations },
  });
}

export function indexNamed(name: string, manifests: readonly Descriptor[], subject?: Descriptor): Made {
  return made(MediaType.ociIndex, { manifests, ...(subject && { subject }), annotations: { name } });
}

function made(mediaType: string, fields: object): Made {
  const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields }));
  const digest = digestOf(raw);
  return { digest, manifest: parseManifest(raw, mediaType), descriptor: { mediaType, digest, size: raw.length } };
}
