import { isDigest, parseDigest } from './digest.js';
import type { Digest } from './digest.js';
import { isRegistryHost, looksLikeHost, normalizeHost } from './registry-host.js';
import { quote } from './quote.js';

/** A pull spec taken apart; only the parts that were written are set. */
export interface Reference {
  /** Host with optional port, `quay.io`, `localhost:5000`, `[::1]:5000`. */
  registry?: string;
  /** Name inside the registry, `org/app`. */
  repository: string;
  tag?: string;
  digest?: Digest;
}

/** A pull spec cannot be understood. The message says what is wrong and what would be right. */
export class InvalidReferenceError extends Error {
  override readonly name = 'InvalidReferenceError';
  readonly code = 'NAME_INVALID';

  constructor(text: string, fault: string, options?: { cause?: unknown }) {
    super(`${quote(text)}: ${fault}`, options);
  }
}

const LONGEST_REPOSITORY = 255;
const LONGEST_REFERENCE = 1024;
const COMPONENT = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const SCHEME = /^[a-z][a-z0-9+-]{0,20}:\/\//;
const HUB = 'docker.io';

/** True for a repository name of the OCI grammar (reference registry 1.1) of at most 255 characters. */
export function isRepositoryName(name: string): boolean {
  return name.length <= LONGEST_REPOSITORY && REPOSITORY.test(name);
}

/** True for a tag of the OCI grammar (reference registry 1.1). */
export function isTag(tag: string): boolean {
  return TAG.test(tag);
}

/**
 * Takes a pull spec `[registry/]repository[:tag][@digest]` apart (reference registry 3.12). The first component is a
 * registry when it holds `.` or `:` or is `localhost`.
 *
 * @throws {InvalidReferenceError} also for a registry without a repository
 */
export function parseReference(text: string): Reference {
  if (text.length > LONGEST_REFERENCE) {
    throw new InvalidReferenceError(text, `longer than ${LONGEST_REFERENCE} characters`);
  }
  if (SCHEME.test(text)) {
    throw new InvalidReferenceError(text, 'a reference has no scheme; write it without the part up to "://"');
  }
  const at = text.indexOf('@');
  const { registry, rest } = splitRegistry(text, at < 0 ? text : text.slice(0, at));
  const colon = rest.indexOf(':');
  const repository = colon < 0 ? rest : rest.slice(0, colon);
  const reference: Reference = registry === undefined ? { repository } : { registry, repository };
  const fault = repositoryFault(repository);
  if (fault !== undefined) throw new InvalidReferenceError(text, fault);
  if (colon >= 0) reference.tag = readTag(text, rest.slice(colon + 1));
  if (at >= 0) reference.digest = readDigest(text, text.slice(at + 1));
  return reference;
}

/**
 * The form in which references are compared: registry `docker.io` when there is none (and for its other names), on that
 * hub alone `library/` before a name of one component, tag `latest` when there is neither tag nor digest. The host is
 * lower-case.
 */
export function normalizeReference(reference: Reference): Reference {
  const registry = normalizeHost(reference.registry ?? HUB);
  const short = registry === HUB && !reference.repository.includes('/');
  const tag = reference.tag ?? (reference.digest === undefined ? 'latest' : undefined);
  return {
    registry,
    repository: short ? `library/${reference.repository}` : reference.repository,
    ...(tag !== undefined && { tag }),
    ...(reference.digest !== undefined && { digest: reference.digest }),
  };
}

/**
 * Writes a reference with the parts that are set. With `mostSpecific` a digest displaces the tag. `parseReference` reads
 * the result back, unless there is no registry and the repository's first component looks like one.
 */
export function formatReference(reference: Reference, options: { mostSpecific?: boolean } = {}): string {
  const { registry, repository, tag, digest } = reference;
  const withTag = tag !== undefined && !(options.mostSpecific === true && digest !== undefined);
  return [
    registry === undefined ? '' : `${registry}/`,
    repository,
    withTag ? `:${tag}` : '',
    digest === undefined ? '' : `@${digest}`,
  ].join('');
}

function splitRegistry(text: string, name: string): { registry?: string; rest: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? name : name.slice(0, slash);
  if (slash < 0) {
    const bare = first.startsWith('[') ? first : first.replace(/:.*$/s, '');
    if (bare === '' || !looksLikeHost(bare)) return { rest: name };
    throw new InvalidReferenceError(text, 'names a registry but no repository; append one, as in "host/team/app"');
  }
  if (!looksLikeHost(first)) return { rest: name };
  if (isRegistryHost(first)) return { registry: first, rest: name.slice(slash + 1) };
  throw new InvalidReferenceError(
    text,
    `registry ${quote(first)} is not a host; write a host name, an IPv4 address or an IPv6 address in brackets, ` +
      'with ":" and a port up to 65535 where needed',
  );
}

function readTag(text: string, tag: string): string {
  if (isTag(tag)) return tag;
  throw new InvalidReferenceError(
    text,
    `tag ${quote(tag)} is not valid; a tag has 1 to 128 letters, digits, "_", "." and "-" and starts with none of "." "-"`,
  );
}

function readDigest(text: string, digest: string): Digest {
  if (isDigest(digest)) return digest;
  try {
    return parseDigest(digest);
  } catch (cause) {
    throw new InvalidReferenceError(text, `digest ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function repositoryFault(repository: string): string | undefined {
  if (isRepositoryName(repository)) return undefined;
  if (repository === '') return 'the repository is missing; write one, as in "team/app"';
  if (repository.length > LONGEST_REPOSITORY) return `the repository is longer than ${LONGEST_REPOSITORY} characters`;
  const lower = repository.toLowerCase();
  if (isRepositoryName(lower)) {
    return `repository ${quote(repository)} has upper-case letters; write ${quote(lower)}`;
  }
  return (
    `repository ${quote(repository)} is not valid; each part between "/" has lower-case letters and digits, ` +
    'parted inside by ".", "_", "__" or dashes'
  );
}
