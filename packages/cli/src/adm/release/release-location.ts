import type { ReadableSource } from '@longshore/mirror';
import { ComponentSource, readRelease, type Release, type ReleaseComponent } from '@longshore/mirror/release';
import type { ImageReader } from '../../image/image-reader.js';
import { platformFilter } from '../../image/platform-filter.js';

/** A release that has been read, and where its images are. */
export interface LocatedRelease {
  release: Release;
  /** By which the release can be pulled, with its digest. */
  pullSpec: string;
  sourceOf: (component: ReleaseComponent) => ReadableSource;
}

const LINUX_AMD64 = /^linux\/amd64$/;

/** Reads a release that a user names. Errors: CliError, ReleaseError, ImageError, those of registries and folders. */
export async function locateRelease(
  reader: ImageReader,
  text: string,
  { filterByOs, signal }: { filterByOs?: string | undefined; signal: AbortSignal },
): Promise<LocatedRelease> {
  const found = reader.find(text);
  // A release for several platforms says the same in each of its images.
  const matches = filterByOs === undefined ? (name: string) => LINUX_AMD64.test(name) : platformFilter(filterByOs);
  const release = await readRelease(found.source, found.reference, { matches, signal });
  const digest = release.image.listDigest ?? release.image.digest;
  const sourceOf = ({ pullSpec }: ReleaseComponent) => {
    const named = reader.find(pullSpec).source;
    return found.location.kind === 'registry' ? named : new ComponentSource(found.source, named);
  };
  return { release, pullSpec: `${found.source.name}@${digest}`, sourceOf };
}
