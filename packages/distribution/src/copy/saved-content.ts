import { MediaType, parseManifest } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import { CopyError } from './place.js';

/** What `manifest.json` of an archive for `docker load` names of an image. */
export interface ContentToSave {
  config: Digest;
  layers: Digest[];
}

/** Errors: CopyError INVALID for what such an archive cannot hold: a list, or what is no container image. */
export function contentToSave({ digest, bytes, mediaType }: RemoteManifest, archive: string): ContentToSave {
  const { kind, config, layers } = parseManifest(bytes, mediaType);
  if (kind === 'index') {
    const words = 'docker-archive: holds no lists of images; choose one of them with --filter-by-os';
    throw new CopyError('INVALID', `${archive}: ${words}`);
  }
  if (config?.mediaType === MediaType.dockerConfig || config?.mediaType === MediaType.ociConfig) {
    return { config: config.digest, layers: layers.map((layer) => layer.digest) };
  }
  throw new CopyError('INVALID', `${archive}: ${digest} is no container image, as docker-archive: wants it`);
}
