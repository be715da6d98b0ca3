import { IMAGE_ANNOTATIONS, type Image, type ImageStream } from '@longshore/kube';
import { isDigest } from '@longshore/oci';
import { DigestTable } from './digest-table.js';
import type { ImageUses } from './image-uses.js';
import { NameTable } from './name-table.js';
import { TypedList } from './typed-list.js';

/** No image, no name, no digest. */
export const NONE = -1;

/** One entry of a tag's history, in numbers. */
export interface HistoryItem {
  /** Number of the image's digest; {@link PruneGraph.noDigest} when only a pull spec was noted (`oc tag --reference`). */
  digest: number;
  /** Milliseconds since 1970. */
  created: number;
  /** Number of the repository from which it is pulled. */
  repository: number;
}

export interface TagHistory {
  /** Number of the tag's name. */
  tag: number;
  /** Newest first. */
  items: HistoryItem[];
}

/** What is known of an image stream, in numbers. */
export interface StreamHistory {
  /** Number of `namespace/name`. */
  stream: number;
  created: number;
  tags: TagHistory[];
}

/**
 * Images, the histories of streams, and what uses them, in numbers: a million images with ten blobs each take about 200 MB.
 * Objects may come in any order; a stream that comes again replaces what it said before, an image does not.
 */
export class PruneGraph {
  readonly digests = new DigestTable();
  readonly noDigest = this.digests.intern('');
  /** Repositories (`namespace/name`) and tags. */
  readonly names = new NameTable();

  /** By image: number of its digest, creation, bytes, resource version, and whether it was pushed to the registry. */
  readonly imageDigest = new TypedList(Int32Array);
  readonly imageCreated = new TypedList(Float64Array);
  readonly imageSize = new TypedList(Float64Array);
  readonly imageVersion = new TypedList(Float64Array);
  readonly imageManaged = new TypedList(Uint8Array);
  /** By image: the repository that it was first pushed to, and the digest of its subject; or {@link NONE}. */
  readonly imageRepository = new TypedList(Int32Array);
  readonly imageSubject = new TypedList(Int32Array);
  /** By image: where its blobs (configuration, layers) and its children begin in the lists below. */
  private readonly blobStart = new TypedList(Int32Array);
  private readonly childStart = new TypedList(Int32Array);
  private readonly blobs = new TypedList(Int32Array);
  private readonly children = new TypedList(Int32Array);
  /** By digest: the image of that name + 1. */
  private readonly imageByDigest = new TypedList(Int32Array);

  private readonly streamName = new TypedList(Int32Array);
  private readonly streamCreated = new TypedList(Float64Array);
  private readonly streamTags = new TypedList(Int32Array);
  private readonly tagName = new TypedList(Int32Array);
  private readonly tagItems = new TypedList(Int32Array);
  private readonly itemDigest = new TypedList(Int32Array);
  private readonly itemCreated = new TypedList(Float64Array);
  private readonly itemRepository = new TypedList(Int32Array);
  /** By name: where the stream of that name stands. */
  private readonly streamByName = new Map<number, number>();

  readonly usedDigests = new Set<number>();
  private readonly usedTags = new Set<string>();

  /** Of the newest image that was pushed to the registry: where that said it is. */
  newestManagedReference: string | undefined;
  private newestManaged = -Infinity;

  get images(): number {
    return this.imageDigest.length;
  }

  get streams(): number {
    return this.streamByName.size;
  }

  /** The image with this digest, or {@link NONE}. */
  imageOf(digest: number): number {
    return this.imageByDigest.at(digest) - 1;
  }

  /** Takes an image; returns its number, also when it was known already. */
  addImage(image: Image): number {
    const digest = this.digests.intern(image.metadata.name ?? '');
    const known = this.imageOf(digest);
    if (known !== NONE) return known;
    const { metadata, dockerImageMetadata, dockerImageReference = '' } = image;
    const pushedAgain = Date.parse(metadata.annotations?.[IMAGE_ANNOTATIONS.pushedAt] ?? '') || 0;
    const created = Math.max(timeOf(metadata.creationTimestamp), pushedAgain);
    const isManaged = metadata.annotations?.[IMAGE_ANNOTATIONS.managed] === 'true';
    const config = dockerImageMetadata?.Id;
    const subject = subjectOf(image);
    this.blobStart.push(this.blobs.length);
    this.childStart.push(this.children.length);
    if (config !== undefined && isDigest(config)) this.blobs.push(this.digests.intern(config));
    for (const { name } of image.dockerImageLayers ?? []) this.blobs.push(this.digests.intern(name));
    for (const child of image.dockerImageManifests ?? []) this.children.push(this.digests.intern(child.digest));
    this.imageCreated.push(created);
    this.imageSize.push(dockerImageMetadata?.Size ?? 0);
    this.imageVersion.push(Number(metadata.resourceVersion ?? NaN));
    this.imageManaged.push(isManaged ? 1 : 0);
    this.imageRepository.push(isManaged ? this.repositoryOf(dockerImageReference) : NONE);
    this.imageSubject.push(subject === undefined ? NONE : this.digests.intern(subject));
    const added = this.imageDigest.push(digest);
    this.imageByDigest.set(digest, added + 1);
    if (isManaged && created > this.newestManaged) {
      this.newestManaged = created;
      this.newestManagedReference = dockerImageReference;
    }
    return added;
  }

  /** Takes the history of a stream. */
  addStream(stream: ImageStream): void {
    const history = this.readStream(stream);
    this.streamByName.set(history.stream, this.streamName.push(history.stream));
    this.streamCreated.push(history.created);
    this.streamTags.push(this.tagName.length);
    for (const { tag, items } of history.tags) {
      this.tagName.push(tag);
      this.tagItems.push(this.itemDigest.length);
      for (const { digest, created, repository } of items) {
        this.itemDigest.push(digest);
        this.itemCreated.push(created);
        this.itemRepository.push(repository);
      }
    }
  }

  addUses({ digests, tags }: ImageUses): void {
    for (const digest of digests) this.usedDigests.add(this.digests.intern(digest));
    for (const { stream, tag } of tags) this.usedTags.add(`${stream}:${tag}`);
  }

  isTagUsed(stream: number, tag: number): boolean {
    return this.usedTags.size > 0 && this.usedTags.has(`${this.names.text(stream)}:${this.names.text(tag)}`);
  }

  /** All streams, one after the other. */
  *histories(): Generator<StreamHistory> {
    for (const index of this.streamByName.values()) yield this.historyAt(index);
  }

  history(stream: number): StreamHistory | undefined {
    const index = this.streamByName.get(stream);
    return index === undefined ? undefined : this.historyAt(index);
  }

  forEachBlob(image: number, visit: (digest: number) => void): void {
    const end = image + 1 < this.images ? this.blobStart.at(image + 1) : this.blobs.length;
    for (let edge = this.blobStart.at(image); edge < end; edge++) visit(this.blobs.at(edge));
  }

  forEachChild(image: number, visit: (digest: number) => void): void {
    const end = image + 1 < this.images ? this.childStart.at(image + 1) : this.children.length;
    for (let edge = this.childStart.at(image); edge < end; edge++) visit(this.children.at(edge));
  }

  private historyAt(index: number): StreamHistory {
    const tags: TagHistory[] = [];
    const end = index + 1 < this.streamName.length ? this.streamTags.at(index + 1) : this.tagName.length;
    for (let tag = this.streamTags.at(index); tag < end; tag++) {
      const items: HistoryItem[] = [];
      const last = tag + 1 < this.tagName.length ? this.tagItems.at(tag + 1) : this.itemDigest.length;
      for (let item = this.tagItems.at(tag); item < last; item++) {
        const [digest, repository] = [this.itemDigest.at(item), this.itemRepository.at(item)];
        items.push({ digest, created: this.itemCreated.at(item), repository });
      }
      tags.push({ tag: this.tagName.at(tag), items });
    }
    return { stream: this.streamName.at(index), created: this.streamCreated.at(index), tags };
  }

  /** The history of a stream in the numbers of this graph, which is not changed. */
  readStream({ metadata, status }: ImageStream): StreamHistory {
    const name = `${metadata.namespace}/${metadata.name}`;
    const stream = this.names.intern(name);
    const tags = (status?.tags ?? []).map(({ tag, items }) => ({
      tag: this.names.intern(tag),
      items: (items ?? []).map(({ image, created, dockerImageReference }) => ({
        digest: this.digests.intern(image),
        created: timeOf(created),
        repository: isAt(dockerImageReference, name) ? stream : this.repositoryOf(dockerImageReference),
      })),
    }));
    return { stream, created: timeOf(metadata.creationTimestamp), tags };
  }

  /** The number of `namespace/name` in `host/namespace/name@digest`; {@link NONE} for deeper names and others. */
  private repositoryOf(reference: string): number {
    const [, path, name] = reference.split('/', 4);
    if (path === undefined || name === undefined || reference.split('/').length !== 3) return NONE;
    const bare = name.split(/[@:]/, 1)[0] ?? '';
    return this.names.intern(`${path}/${bare}`);
  }
}

/** Whether a pull spec leads to this repository of any host. */
function isAt(reference: string, repository: string): boolean {
  const slash = reference.indexOf('/');
  const end = reference.charAt(slash + 1 + repository.length);
  return reference.startsWith(repository, slash + 1) && (end === '@' || end === ':' || end === '');
}

/** What has no time counts as made just now, so that it stays. */
function timeOf(text: string | undefined): number {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? Infinity : time;
}

function subjectOf({ metadata, dockerImageManifest }: Image): string | undefined {
  const annotated = metadata.annotations?.[IMAGE_ANNOTATIONS.subject];
  if (annotated !== undefined) return isDigest(annotated) ? annotated : undefined;
  if (!dockerImageManifest?.includes('"subject"')) return undefined;
  try {
    const { subject } = JSON.parse(dockerImageManifest) as { subject?: { digest?: unknown } };
    const digest = subject?.digest;
    return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
  } catch {
    return undefined; // whatever it is, it is no manifest with a subject
  }
}
