import { isDigest, type Digest } from '@longshore/oci';
import { IMAGE_ANNOTATIONS, type ImageStream } from '@longshore/kube';

/** What the registry keeps in memory of an image stream (registry.md 3.3). */
export interface StreamView {
  uid: string;
  resourceVersion: string;
  /** The newest image of each tag. Tags without any are left out. */
  tags: ReadonlyMap<string, Digest>;
  /** Where its images came from, newest first, each once. */
  sources: readonly StreamSource[];
}

/** A repository that a stream's history names. */
export interface StreamSource {
  /** `host/path`, without tag and digest. */
  repository: string;
  /** Whether the stream lets it be asked without TLS, or with a certificate that nobody vouches for (registry.md 4.1). */
  insecure: boolean;
}

/** More would not be asked one after the other while a client waits. */
const MAX_SOURCES = 32;

/** Reads a stream. History that names no digest or no repository is passed over. */
export function viewStream({ metadata, spec, status }: ImageStream): StreamView {
  const tags = new Map<string, Digest>();
  const insecureTags = new Set(spec?.tags?.flatMap((tag) => (tag.importPolicy?.insecure === true ? [tag.name] : [])));
  const allInsecure = metadata.annotations?.[IMAGE_ANNOTATIONS.insecureRepository] === 'true';
  const found = new Map<string, { insecure: boolean; created: string }>();
  for (const { tag, items } of status?.tags ?? []) {
    const newest = items?.[0]?.image;
    if (newest !== undefined && isDigest(newest)) tags.set(tag, newest);
    for (const { dockerImageReference, created } of items ?? []) {
      const repository = repositoryOf(dockerImageReference);
      if (repository === undefined) continue;
      const known = found.get(repository);
      const insecure = allInsecure || insecureTags.has(tag) || known?.insecure === true;
      found.set(repository, { insecure, created: known && known.created > created ? known.created : created });
    }
  }
  const newestFirst = [...found].sort(([, a], [, b]) => (a.created < b.created ? 1 : a.created > b.created ? -1 : 0));
  const sources = newestFirst.slice(0, MAX_SOURCES).map(([repository, { insecure }]) => ({ repository, insecure }));
  return { uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '', tags, sources };
}

/** `host:5000/ns/app` of `host:5000/ns/app:v1` or `…@sha256:…`. */
function repositoryOf(reference: string | undefined): string | undefined {
  const path = reference?.split('@', 1)[0] ?? '';
  const slash = path.lastIndexOf('/');
  const colon = path.indexOf(':', slash + 1);
  const repository = colon < 0 ? path : path.slice(0, colon);
  return repository === '' ? undefined : repository;
}
