import { childManifests, digestOf, ManifestError, parseManifest, referencedBlobs } from '@longshore/oci';
import type { Descriptor, ParsedManifest } from '@longshore/oci';
import type { RemoteManifest } from '../client/remote-repository.js';
import { CopyError } from './place.js';
import type { Blob, ImageSource } from './place.js';

/** A manifest with all that must be copied before it. */
export interface ImageTree {
  manifest: RemoteManifest;
  /** Configuration and layers, without those that stay at their publisher's site. */
  blobs: Blob[];
  children: ImageTree[];
}

/** Which images of a list are copied. */
export interface PlatformSelection {
  /** Tests `os/architecture[/variant]`. Default: the list is copied whole. */
  matches?: (platform: string) => boolean;
  /** The list keeps its digest, although not all of its images are there. */
  keepList: boolean;
}

export type ListChoice =
  | { kind: 'none' }
  /** The image takes the place of the list. */
  | { kind: 'image'; image: Descriptor }
  /** `list` are the bytes of the list to be written. */
  | { kind: 'list'; images: Descriptor[]; list: Uint8Array };

const DEEPEST = 4;
const MOST_MANIFESTS = 20_000;

/** What is copied of a list (mirror.md 2.3). */
export function chooseFromList(list: ParsedManifest, { matches, keepList }: PlatformSelection): ListChoice {
  const all = childManifests(list);
  const images = matches === undefined ? all : all.filter((one) => matches(platformName(one)));
  if (images.length === 0 && all.length > 0) return { kind: 'none' };
  if (keepList || images.length === all.length) return { kind: 'list', images, list: list.raw };
  const [image, another] = images;
  if (image !== undefined && another === undefined) return { kind: 'image', image };
  return { kind: 'list', images, list: withImages(list.raw, new Set(images.map(({ digest }) => digest))) };
}

/** What filters look at: `linux/arm64/v8`. */
export function platformName({ platform }: Pick<Descriptor, 'platform'>): string {
  const { os, architecture, variant } = platform ?? {};
  return [os || 'unknown', architecture || 'unknown', ...(variant ? [variant] : [])].join('/');
}

function withImages(raw: Uint8Array, digests: ReadonlySet<string>): Uint8Array {
  const body = JSON.parse(Buffer.from(raw).toString()) as { manifests: { digest: string }[] };
  return Buffer.from(
    JSON.stringify({ ...body, manifests: body.manifests.filter(({ digest }) => digests.has(digest)) }),
  );
}

/**
 * Reads an image with all its manifests; undefined when the selection leaves nothing of it. Errors: CopyError INVALID for what is
 * no image, TOO_LARGE for lists in lists without end, INCOMPLETE for a list of which an image is missing; those of the source.
 */
export async function readImageTree(
  source: ImageSource,
  reference: string,
  selection: PlatformSelection,
  signal: AbortSignal,
): Promise<ImageTree | undefined> {
  let count = 0;
  const read = async (wanted: string, select: PlatformSelection, depth: number): Promise<ImageTree | undefined> => {
    const subject = `${source.name}${wanted.includes(':') ? '@' : ':'}${wanted}`;
    count += 1;
    if (depth > DEEPEST) throw new CopyError('TOO_LARGE', `${subject}: lists stand in lists more than ${DEEPEST} deep`);
    if (count > MOST_MANIFESTS)
      throw new CopyError('TOO_LARGE', `${subject}: the image has more than ${MOST_MANIFESTS} manifests`);
    const manifest = await source.manifest(wanted, { signal });
    const parsed = parse(manifest, subject);
    if (parsed.kind === 'image') return { manifest, blobs: referencedBlobs(parsed).map(toBlob), children: [] };
    const choice = chooseFromList(parsed, select);
    if (choice.kind === 'none') return undefined;
    if (choice.kind === 'image') return readChild(choice.image, depth);
    const children: ImageTree[] = [];
    for (const image of choice.images) children.push(await readChild(image, depth));
    const isSame = choice.list === parsed.raw;
    const list = isSame ? manifest : { ...manifest, bytes: choice.list, digest: digestOf(choice.list) };
    return { manifest: list, blobs: [], children };
  };
  const readChild = async ({ digest, size }: Descriptor, depth: number): Promise<ImageTree> => {
    const child = await read(digest, { keepList: true }, depth + 1).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 'NOT_FOUND') throw error;
      const words = 'is named by a list, and is not there';
      throw new CopyError('INCOMPLETE', `${source.name}@${digest}: ${words}`, { cause: error });
    });
    if (child?.manifest.bytes.byteLength === size) return child;
    throw new CopyError('INVALID', `${source.name}@${digest}: has another size than the list says`);
  };
  return read(reference, selection, 0);
}

function parse({ bytes, mediaType }: RemoteManifest, subject: string): ParsedManifest {
  try {
    return parseManifest(bytes, mediaType);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new CopyError('INVALID', `${subject}: ${error.message}`, { cause: error });
  }
}

function toBlob({ digest, size }: Descriptor): Blob {
  return { digest, size };
}

/** All blobs below a tree. */
export function blobsOf({ blobs, children }: ImageTree): Blob[] {
  return [...blobs, ...children.flatMap(blobsOf)];
}
