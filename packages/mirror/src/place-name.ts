import { formatReference, parseReference } from '@longshore/oci';
import type { Digest, Reference } from '@longshore/oci';
import { MirrorError } from './mirror-error.js';

/** Where an image is, as arguments name it (mirror.md 2.1). */
export interface PlaceName {
  kind: 'registry' | 'file' | 'oci';
  /** As it was written. */
  text: string;
  /** Of a registry. */
  host?: string;
  /** Inside registry or folder; of a layout its folder. */
  repository: string;
  tag?: string;
  digest?: Digest;
  /** Of several tags: `v1*`. */
  pattern?: string;
}

const FILE = 'file://';
const OCI = 'oci:';
const HUB = 'docker.io';
const WILDCARD = /[*?]/;
/** The last part, behind a colon. */
const TAG = /:([^:/@]*)$/;

/** Reads `[HOST/]REPOSITORY[:TAG][@DIGEST]`, `file://REPOSITORY…` or `oci:FOLDER[:TAG]`. Errors: MirrorError USAGE. */
export function parsePlaceName(text: string): PlaceName {
  if (text.startsWith('s3://')) {
    throw new MirrorError(
      'USAGE',
      `${text}: S3 is not a place that images can be mirrored to yet; mirror to a registry or to file://`,
    );
  }
  const [, last = ''] = TAG.exec(text) ?? [];
  const pattern = WILDCARD.test(last) ? last : undefined;
  const plain = pattern === undefined ? text : text.slice(0, -pattern.length - 1);
  const found = { text, ...(pattern !== undefined && { pattern }) };
  if (plain.startsWith(OCI)) return { ...found, kind: 'oci', ...layoutParts(plain, pattern) };
  const isFile = plain.startsWith(FILE);
  // The first part of a folder's repository is no host, whatever it looks like.
  const reference = parse(isFile ? `localhost/${plain.slice(FILE.length)}` : plain, text);
  const { repository, tag, digest, registry = HUB } = reference;
  return {
    ...found,
    kind: isFile ? 'file' : 'registry',
    ...(!isFile && { host: registry }),
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** The name without tag and digest: `quay.io/team/app`, `file://team/app`, `oci:folder`. */
export function repositoryText({ kind, host, repository }: PlaceName): string {
  if (kind === 'registry') return formatReference({ ...(host !== undefined && { registry: host }), repository });
  return `${kind === 'file' ? FILE : OCI}${repository}`;
}

function layoutParts(text: string, pattern: string | undefined): { repository: string; tag?: string } {
  const path = text.slice(OCI.length);
  const [, tag = ''] = pattern === undefined ? (TAG.exec(path) ?? []) : [];
  const repository = tag === '' ? path : path.slice(0, -tag.length - 1);
  if (repository === '') throw new MirrorError('USAGE', `${text}: names no folder; write oci:FOLDER[:TAG]`);
  return { repository, ...(tag !== '' && { tag }) };
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
