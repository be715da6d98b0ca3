import { formatReference, parseReference } from '@longshore/oci';
import type { Digest, Reference } from '@longshore/oci';
import { MirrorError } from './mirror-error.js';

/** Kinds that are a path, with a name of an image behind it. */
const PATH_KINDS = ['oci', 'oci-archive', 'docker-archive', 'dir'] as const;

/** Where an image is, as arguments name it (mirror.md 2.1; the paths are those of skopeo). */
export interface PlaceName {
  kind: 'registry' | 'file' | 's3' | (typeof PATH_KINDS)[number];
  /** As it was written. */
  text: string;
  /** Of a registry, or of an object store. */
  host?: string;
  /** Of an object store. */
  bucket?: { region: string; name: string };
  /** Inside registry, folder or bucket; of the others their path. */
  repository: string;
  /** The name of the image in a layout or an archive, which need not be a tag. */
  tag?: string;
  digest?: Digest;
  /** Of several tags: `v1*`. */
  pattern?: string;
}

const FILE = 'file://';
const S3 = 's3://';
const HUB = 'docker.io';
const WILDCARD = /[*?]/;
/** The last part, behind a colon. */
const TAG = /:([^:/@]*)$/;
const S3_PARTS = /^s3:\/\/([A-Za-z0-9.-]{1,253}(?::\d{1,5})?)\/([a-z0-9-]{1,64})\/([a-z0-9][a-z0-9.-]{1,62})\/(.+)$/;

/**
 * Reads `[HOST/]REPOSITORY[:TAG][@DIGEST]`, `file://REPOSITORY…`, `s3://HOST/REGION/BUCKET/REPOSITORY…`, `oci:FOLDER[:NAME]`,
 * `oci-archive:FILE[:NAME]`, `docker-archive:FILE[:NAME]` or `dir:FOLDER`. Errors: MirrorError USAGE.
 */
export function parsePlaceName(text: string): PlaceName {
  const kind = PATH_KINDS.find((one) => text.startsWith(`${one}:`));
  if (kind !== undefined) return pathPlace(kind, text);
  const [, last = ''] = TAG.exec(text) ?? [];
  const pattern = WILDCARD.test(last) ? last : undefined;
  const plain = pattern === undefined ? text : text.slice(0, -pattern.length - 1);
  const found = { text, ...(pattern !== undefined && { pattern }) };
  if (plain.startsWith(S3)) return { ...found, ...s3Parts(plain, text) };
  const isFile = plain.startsWith(FILE);
  const reference = isFile ? parseInside(plain.slice(FILE.length), text) : parse(plain, text);
  const { registry = HUB } = reference;
  return { ...found, kind: isFile ? 'file' : 'registry', ...(!isFile && { host: registry }), ...namedParts(reference) };
}

/** The name without tag and digest: `quay.io/team/app`, `file://team/app`, `oci:folder`. */
export function repositoryText({ kind, host, bucket, repository }: PlaceName): string {
  if (kind === 'registry') return formatReference({ ...(host !== undefined && { registry: host }), repository });
  if (kind === 's3') return `${S3}${host}/${bucket?.region}/${bucket?.name}/${repository}`;
  return `${kind === 'file' ? FILE : `${kind}:`}${repository}`;
}

function s3Parts(plain: string, text: string): Omit<PlaceName, 'text' | 'pattern'> {
  const [, host, region, name, rest] = S3_PARTS.exec(plain) ?? [];
  if (host === undefined || region === undefined || name === undefined || rest === undefined) {
    throw new MirrorError('USAGE', `${text}: names no bucket; write s3://HOST/REGION/BUCKET/REPOSITORY[:TAG]`);
  }
  return { kind: 's3', host, bucket: { region, name }, ...namedParts(parseInside(rest, text)) };
}

/** The path ends at the first colon, as for skopeo. */
function pathPlace(kind: (typeof PATH_KINDS)[number], text: string): PlaceName {
  const [path = '', ...rest] = text.slice(kind.length + 1).split(':');
  const name = rest.join(':');
  if (path === '') throw new MirrorError('USAGE', `${text}: names no path; write ${kind}:PATH`);
  if (name !== '' && kind === 'dir') {
    throw new MirrorError('USAGE', `${text}: a folder of this kind holds one image, which has no name`);
  }
  const named = WILDCARD.test(name) ? { pattern: name } : { tag: name };
  return { kind, text, repository: path, ...(name !== '' && named) };
}

function namedParts({ repository, tag, digest }: Reference): Pick<PlaceName, 'repository' | 'tag' | 'digest'> {
  return { repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** The first part of a repository in a folder or a bucket is no host, whatever it looks like. */
function parseInside(rest: string, text: string): Reference {
  return parse(`localhost/${rest}`, text);
}

function parse(reference: string, text: string): Reference {
  try {
    return parseReference(reference);
  } catch (error) {
    throw new MirrorError(
      'USAGE',
      `${JSON.stringify(text)} is not a valid image reference: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
