import { formatReference, parseReference, type Reference } from '@longshore/oci';
import { CliError } from '../cli-error.js';

/** Where an image is: in a registry, or in a folder of mirrored images (mirror.md 1.4). */
export interface ImageLocation {
  kind: 'registry' | 'file';
  /** As it was written. */
  text: string;
  /** Of a registry with its host; of a folder without. */
  reference: Reference;
}

const FILE = 'file://';
const S3 = 's3://';
const HUB = 'docker.io';

/** Reads `[HOST/]REPOSITORY[:TAG][@DIGEST]` or `file://REPOSITORY[:TAG][@DIGEST]`. Errors: CliError. */
export function parseImageLocation(text: string): ImageLocation {
  if (text.startsWith(S3)) throw new CliError(`${text}: images in S3 cannot be read here`, 2);
  if (text.startsWith(FILE)) return { kind: 'file', text, reference: parseFileReference(text) };
  const reference = parsed(() => parseReference(text));
  return { kind: 'registry', text, reference: { ...reference, registry: reference.registry ?? HUB } };
}

/** The first part of a folder's repository is no host, whatever it looks like. */
function parseFileReference(text: string): Reference {
  const rest = text.slice(FILE.length);
  const { repository, tag, digest } = parsed(() => parseReference(`localhost/${rest}`));
  return { repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

function parsed(parse: () => Reference): Reference {
  try {
    return parse();
  } catch (error) {
    throw new CliError((error as Error).message, 2, { cause: error });
  }
}

/** The digest, or else the tag, by which the image is asked for. */
export function wantedReference({ tag = 'latest', digest }: Reference): string {
  return digest ?? tag;
}

/** The name of the image in reports: as it was written, with the tag that is meant. */
export function locationName({ kind, reference }: ImageLocation): string {
  const { tag, digest } = reference;
  const whole = { ...reference, ...(tag === undefined && digest === undefined && { tag: 'latest' }) };
  return (kind === 'file' ? FILE : '') + formatReference(whole);
}
