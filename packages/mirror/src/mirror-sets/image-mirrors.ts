import type { Mapping } from '../mapping.js';
import { repositoryText } from '../place-name.js';
import { sourceMirrors, type SourceMirrors } from './mirror-set.js';

/** What mirror sets must say of mirrored images. */
export interface ImageMirrors {
  /** For an ImageDigestMirrorSet. */
  byDigest: SourceMirrors[];
  /** For an ImageTagMirrorSet: repositories that have images under the tags of their source. */
  byTag: SourceMirrors[];
}

/** Which repositories stand in for which, once images are mirrored from registry to registry. Folders are no mirrors. */
export function imageMirrors(mappings: readonly Mapping[]): ImageMirrors {
  const pairs = mappings
    .filter(({ source, destination }) => source.kind === 'registry' && destination.kind === 'registry')
    .map(({ source, destination }) => ({
      source: repositoryText(source),
      mirror: repositoryText(destination),
      keepsTag: source.digest === undefined && (destination.tag ?? source.tag) === source.tag,
    }));
  return { byDigest: sourceMirrors(pairs), byTag: sourceMirrors(pairs.filter(({ keepsTag }) => keepsTag)) };
}
