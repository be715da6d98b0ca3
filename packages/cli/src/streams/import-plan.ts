import type { ImageImportSpec, ImageStream, ImageStreamImportSpec, ImportMode, TagReference } from '@longshore/kube';
import { formatReference, InvalidReferenceError, parseReference, type Reference } from '@longshore/oci';
import { CliError } from '../cli-error.js';
import type { StreamTagName } from './stream-api.js';

export interface ImportWish {
  target: StreamTagName;
  /** Whether the target was written with its tag. */
  hasTag: boolean;
  from?: string;
  all?: boolean;
  confirm?: boolean;
  scheduled?: boolean;
  insecure?: boolean;
  referencePolicy?: 'source' | 'local';
  importMode?: ImportMode;
}

/** What to import into a stream, undefined when it is not there (registry.md 9, `oc import-image`). Errors: CliError. */
export function planImport(stream: ImageStream | undefined, wish: ImportWish): Omit<ImageStreamImportSpec, 'import'> {
  if (wish.all === true && wish.hasTag) {
    throw new CliError(`cannot specify a tag ${JSON.stringify(wish.target.tag)} as well as --all`, 2);
  }
  const from = wish.from === undefined ? undefined : read(wish.from);
  if (from?.digest !== undefined && wish.all === true) {
    throw new CliError("to import images by ID, use the 'tag' command", 2);
  }
  if (stream === undefined) return ofNewStream(from, wish);
  return wish.all === true ? ofAllTags(stream, from, wish) : ofOneTag(stream, from, wish);
}

function read(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidReferenceError) throw new CliError(error.message, 2, { cause: error });
    throw error;
  }
}

function ofNewStream(from: Reference | undefined, wish: ImportWish) {
  const { namespace, stream, tag } = wish.target;
  if (wish.confirm !== true) {
    throw new CliError(`no image stream named ${JSON.stringify(stream)} exists, pass --confirm to create and import`);
  }
  const source = from ?? { repository: `${namespace}/${stream}` };
  return wish.all === true
    ? { repository: repositoryImport(source, wish) }
    : { images: [imageImport(source, tag, wish)] };
}

function ofAllTags({ spec, metadata }: ImageStream, from: Reference | undefined, wish: ImportWish) {
  if (from !== undefined) {
    if (
      spec.dockerImageRepository !== undefined &&
      formatReference(from) !== spec.dockerImageRepository &&
      !wish.confirm
    ) {
      throw new CliError(`different import spec ${JSON.stringify(formatReference(from))}, pass --confirm to update`);
    }
    return { repository: repositoryImport(from, wish) };
  }
  if (spec.dockerImageRepository !== undefined && spec.dockerImageRepository !== '') {
    return { repository: repositoryImport(read(spec.dockerImageRepository), wish) };
  }
  const images = (spec.tags ?? []).flatMap((tag) => (isImported(tag) ? [ofSpecTag(tag, wish)] : []));
  if (images.length > 0) return { images };
  throw new CliError(
    `image stream ${JSON.stringify(metadata.name)} has no tags that are imported from other registries`,
  );
}

function ofOneTag(stream: ImageStream, from: Reference | undefined, wish: ImportWish) {
  const { tag } = wish.target;
  const known = followed(stream.spec.tags ?? [], tag);
  if (known?.from?.kind === 'DockerImage') {
    const differs = from !== undefined && formatReference(from) !== known.from.name;
    if (differs) {
      throw new CliError(
        `the tag ${JSON.stringify(tag)} points to ${JSON.stringify(known.from.name)} - ` +
          `use the 'tag' command if you want to change the source to ${JSON.stringify(formatReference(from))}`,
      );
    }
    return { images: [ofSpecTag(known, wish)] };
  }
  if (known?.from !== undefined) {
    throw new CliError(`the tag ${JSON.stringify(tag)} points to ${known.from.name}, which is not imported`);
  }
  const repository = stream.spec.dockerImageRepository;
  if (from === undefined && !wish.hasTag && repository !== undefined && repository !== '') {
    return { repository: repositoryImport(read(repository), wish) };
  }
  if (from !== undefined && (known === undefined || wish.confirm === true))
    return { images: [imageImport(from, tag, wish)] };
  throw new CliError(
    `the tag ${JSON.stringify(tag)} does not exist on the image stream - ` +
      `choose an existing tag to import or use the 'tag' command to create a new tag`,
  );
}

/** The tag that is imported for this one: tags of the same stream that it follows are gone along. */
function followed(tags: readonly TagReference[], name: string): TagReference | undefined {
  let known = tags.find((tag) => tag.name === name);
  for (let steps = tags.length; known?.from?.kind === 'ImageStreamTag' && steps > 0; steps--) {
    const { namespace, name: target } = known.from;
    if (namespace !== undefined) return known;
    const next = target.split(':').at(-1);
    known = tags.find((tag) => tag.name === next) ?? known;
  }
  return known;
}

function isImported({ from, reference }: TagReference): boolean {
  return from?.kind === 'DockerImage' && reference !== true;
}

/** Keeps what the stream says of the tag where the command says nothing. */
function ofSpecTag(tag: TagReference, wish: ImportWish): ImageImportSpec {
  const asked = imageImport(read(tag.from?.name ?? ''), tag.name, wish);
  return {
    ...asked,
    importPolicy: { ...tag.importPolicy, ...asked.importPolicy },
    referencePolicy: wish.referencePolicy === undefined ? tag.referencePolicy : policiesOf(wish).referencePolicy,
  };
}

function imageImport(from: Reference, tag: string, wish: ImportWish): ImageImportSpec {
  return { from: { kind: 'DockerImage', name: formatReference(from) }, to: { name: tag }, ...policiesOf(wish) };
}

function repositoryImport({ registry, repository }: Reference, wish: ImportWish) {
  const name = formatReference({ repository, ...(registry !== undefined && { registry }) });
  return { from: { kind: 'DockerImage' as const, name }, ...policiesOf(wish) };
}

function policiesOf({ scheduled, insecure, referencePolicy, importMode }: ImportWish) {
  return {
    importPolicy: {
      ...(scheduled === true && { scheduled }),
      ...(insecure === true && { insecure }),
      ...(importMode !== undefined && { importMode }),
    },
    referencePolicy: { type: referencePolicy === 'local' ? ('Local' as const) : ('Source' as const) },
  };
}
