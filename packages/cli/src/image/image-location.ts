import { MirrorError, parsePlaceName, type PlaceName } from '@longshore/mirror';
import { formatReference, parseReference, type Reference } from '@longshore/oci';
import { CliError } from '../cli-error.js';

/** Where an image is: in a registry, in a folder of mirrored images (mirror.md 1.4), or in another place that mirrors know. */
export interface ImageLocation {
  kind: 'registry' | 'file' | 'place';
  /** As it was written. */
  text: string;
  /** Of a registry with its host; of all others without. */
  reference: Reference;
  /** Of `place`. */
  place?: PlaceName;
}

const FILE = 'file://';
const PLACE = /^(?:oci|oci-archive|docker-archive|dir|s3):/;
const HUB = 'docker.io';

/** Reads `[HOST/]REPOSITORY[:TAG][@DIGEST]`, `file://REPOSITORY[:TAG][@DIGEST]` or what else mirrors read. Errors: CliError. */
export function parseImageLocation(text: string): ImageLocation {
  if (text.startsWith(FILE)) return { kind: 'file', text, reference: parseFileReference(text) };
  if (PLACE.test(text)) return parsePlace(text);
  const reference = parsed(() => parseReference(text));
  return { kind: 'registry', text, reference: { ...reference, registry: reference.registry ?? HUB } };
}

function parsePlace(text: string): ImageLocation {
  try {
    const place = parsePlaceName(text);
    if (place.pattern !== undefined) throw new CliError(`${text}: name one image, without wildcards`, 2);
    const { repository, tag, digest } = place;
    const reference = { repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
    return { kind: 'place', text, reference, place };
  } catch (error) {
    if (error instanceof MirrorError) throw new CliError(error.message, 2, { cause: error });
    throw error;
  }
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

/** The digest, or else the tag, by which the image is asked for. The only image of an archive has none. */
export function wantedReference({ reference: { tag, digest }, place }: ImageLocation): string {
  const isNameless = place !== undefined && place.kind !== 's3';
  return digest ?? tag ?? (isNameless ? '' : 'latest');
}

/** The name of the image in reports: as it was written, with the tag that is meant. */
export function locationName({ kind, reference, text }: ImageLocation): string {
  if (kind === 'place') return text;
  const { tag, digest } = reference;
  const whole = { ...reference, ...(tag === undefined && digest === undefined && { tag: 'latest' }) };
  return (kind === 'file' ? FILE : '') + formatReference(whole);
}
