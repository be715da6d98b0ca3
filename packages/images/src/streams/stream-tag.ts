import {
  IMAGE_API_VERSION,
  type Image,
  type ImageStream,
  type ImageStreamTag,
  type ImageTag,
  type NamedTagEventList,
  type TagReference,
} from '@longshore/kube';
import { tagPullSpec } from '../policy/pull-spec.js';
import { tagsByName } from './spec-generations.js';

/** A tag of a stream with what its stream says of it. */
export interface StreamTag {
  tag: string;
  spec?: TagReference;
  status?: NamedTagEventList;
}

/** All tags of a stream: those of its specification, of its status, or of both, sorted. */
export function tagsOf(stream: ImageStream): StreamTag[] {
  const tags = new Map<string, StreamTag>();
  for (const [tag, spec] of tagsByName(stream)) tags.set(tag, { tag, spec });
  for (const status of stream.status.tags ?? [])
    tags.set(status.tag, { ...tags.get(status.tag), tag: status.tag, status });
  return [...tags.values()].sort((left, right) => (left.tag < right.tag ? -1 : 1));
}

/** One tag of a stream; undefined when neither its specification nor its status has it. */
export function tagOf({ spec, status }: ImageStream, tag: string): StreamTag | undefined {
  const reference = spec.tags?.find(({ name }) => name === tag);
  const list = status.tags?.find((list) => list.tag === tag);
  if (reference === undefined && list === undefined) return undefined;
  return { tag, ...(reference && { spec: reference }), ...(list && { status: list }) };
}

/** Whether a tag has or had an image or a pull spec; only such tags are ImageStreamTags. */
export function hasEvents({ status }: StreamTag): boolean {
  return (status?.items ?? []).length > 0;
}

/** What to pull for a tag; empty while it has no event. */
function pullSpecOf(stream: ImageStream, { tag, spec, status }: StreamTag): string {
  // Only this tag, so that nobody searches thousands for each of thousands.
  const only = {
    ...stream,
    spec: { ...stream.spec, tags: spec ? [spec] : [] },
    status: { ...stream.status, tags: status ? [status] : [] },
  };
  return tagPullSpec(only, tag, stream.status.dockerImageRepository) ?? '';
}

/** An image as a part of something: its texts are left out, which the registry has. */
export function embeddedImage(image: Image, dockerImageReference: string, annotations = {}): Image {
  const {
    apiVersion: _version,
    kind: _kind,
    dockerImageManifest: _manifest,
    dockerImageConfig: _config,
    ...rest
  } = image;
  const metadata = { ...image.metadata, annotations: { ...image.metadata.annotations, ...annotations } };
  return { ...rest, metadata, dockerImageReference } as Image;
}

function metadataOf(stream: ImageStream, { tag, spec, status }: StreamTag) {
  const { name, namespace, uid, resourceVersion, labels, creationTimestamp } = stream.metadata;
  const created = status?.items?.[0]?.created ?? creationTimestamp;
  return {
    name: `${name}:${tag}`,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(created !== undefined && { creationTimestamp: created }),
    ...(labels !== undefined && { labels }),
    ...(Object.keys(spec?.annotations ?? {}).length > 0 && { annotations: { ...spec?.annotations } }),
  };
}

/** A tag as ImageStreamTag; without its image (in lists, and when it is gone) only with the name of it. */
export function imageStreamTagOf(stream: ImageStream, streamTag: StreamTag, image?: Image): ImageStreamTag {
  const { spec, status } = streamTag;
  const newest = status?.items?.[0];
  const reference = pullSpecOf(stream, streamTag);
  return {
    kind: 'ImageStreamTag',
    apiVersion: IMAGE_API_VERSION,
    metadata: metadataOf(stream, streamTag),
    tag: spec ?? null,
    generation: newest?.generation ?? 0,
    lookupPolicy: { local: stream.spec.lookupPolicy?.local ?? false },
    ...(status?.conditions !== undefined && { conditions: status.conditions }),
    image:
      image === undefined
        ? ({ metadata: { ...(newest?.image && { name: newest.image }) }, dockerImageReference: reference } as Image)
        : embeddedImage(image, reference, spec?.annotations ?? {}),
  };
}

/** A tag as ImageTag. */
export function imageTagOf(stream: ImageStream, streamTag: StreamTag, image?: Image): ImageTag {
  const { spec, status } = streamTag;
  return {
    kind: 'ImageTag',
    apiVersion: IMAGE_API_VERSION,
    metadata: metadataOf(stream, streamTag),
    spec: spec ?? null,
    status: status ?? null,
    image: image === undefined ? null : embeddedImage(image, pullSpecOf(stream, streamTag), spec?.annotations ?? {}),
  };
}
