import type { ImageReferenceObject, ImageStream } from '@longshore/kube';
import { formatReference, InvalidReferenceError, isDigest, parseReference, type Reference } from '@longshore/oci';
import { CliError } from '../cli-error.js';

/** Where a tag is to come from, as `oc tag` understands its first argument. */
export interface TagSource {
  kind: ImageReferenceObject['kind'];
  /** What stands in `from.name`. */
  name: string;
  /** Of the stream; only for kinds of streams. */
  namespace?: string;
}

const KINDS: Record<string, TagSource['kind']> = {
  imagestreamtag: 'ImageStreamTag',
  istag: 'ImageStreamTag',
  imagestreamimage: 'ImageStreamImage',
  isimage: 'ImageStreamImage',
  docker: 'DockerImage',
  dockerimage: 'DockerImage',
};

/** What stands behind `@` when it is not the whole digest; the API finds the only image of the stream that begins so. */
const BEGINNING = /^sha256:[0-9a-f]{1,63}$/;

/**
 * Reads the source: by `--source`, or by its look: a host makes it an image of a registry, a digest one of a stream, a tag a
 * tag of a stream. `namespace`: the one that is meant where none is written. Errors: CliError.
 */
export function readTagSource(text: string, asked: string | undefined, namespace: string): TagSource {
  const kind = asked === undefined ? undefined : KINDS[asked.toLowerCase()];
  if (asked !== undefined && kind === undefined) {
    throw new CliError(`invalid source ${JSON.stringify(asked)}; valid values are ${Object.keys(KINDS).join(', ')}`, 2);
  }
  const at = text.indexOf('@');
  const isBeginning = at >= 0 && BEGINNING.test(text.slice(at + 1));
  const reference = read(isBeginning ? text.slice(0, at) : text);
  const image = isBeginning ? text.slice(at + 1) : reference.digest;
  const meant = kind ?? kindByLook(reference, image);
  if (meant === 'DockerImage') return { kind: meant, name: formatReference(read(text)) };
  if (reference.registry !== undefined) {
    throw new CliError('server in SourceTag is only allowed when providing a Docker image', 2);
  }
  const [stream = '', ...above] = reference.repository.split('/').reverse();
  const where = above.length === 0 ? namespace : above.reverse().join('/');
  if (meant === 'ImageStreamImage') {
    if (image !== undefined) return { kind: meant, name: `${stream}@${image}`, namespace: where };
    throw new CliError('--source=ImageStreamImage requires a valid <name>@<id> in SourceTag', 2);
  }
  if (reference.tag !== undefined) return { kind: meant, name: `${stream}:${reference.tag}`, namespace: where };
  throw new CliError('--source=ImageStreamTag requires a valid <name>:<tag> in SourceTag', 2);
}

function read(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidReferenceError) throw new CliError(error.message, 2, { cause: error });
    throw error;
  }
}

function kindByLook({ registry, tag }: Reference, image: string | undefined): TagSource['kind'] {
  if (registry !== undefined) return 'DockerImage';
  if (image !== undefined) return 'ImageStreamImage';
  return tag === undefined ? 'DockerImage' : 'ImageStreamTag';
}

/** Whether it names an image of a stream by the beginning of its digest only. */
export function isUnfinished({ kind, name }: TagSource): boolean {
  return kind === 'ImageStreamImage' && !isDigest(name.slice(name.indexOf('@') + 1));
}

/** Fixes a tag of a stream to the image that it points to now. Errors: CliError when it points to none. */
export function currentImage(stream: ImageStream | undefined, source: TagSource, text: string): TagSource {
  const [name = '', tag] = source.name.split(':');
  const newest = stream?.status.tags?.find((each) => each.tag === tag)?.items?.[0];
  if (newest === undefined) {
    throw new CliError(
      `${JSON.stringify(text)} is not currently pointing to an image, cannot use it as the source of a tag`,
    );
  }
  if (newest.image === '') return { kind: 'DockerImage', name: newest.dockerImageReference };
  return {
    kind: 'ImageStreamImage',
    name: `${name}@${newest.image}`,
    ...(source.namespace !== undefined && { namespace: source.namespace }),
  };
}
