import { readEntry } from './docker-config-entry.js';
import { parseCredentialKey } from './credential-key.js';
import type { Credential } from './credential.js';

/** A credential and the place that it is for. */
export interface CredentialEntry {
  /** Host without scheme, in the form in which hosts are compared; `*` and `?` may stand in a label. */
  host: string;
  /** Repository or part of its path, empty for the whole host. */
  path: string;
  credential: Credential;
}

/** What a Docker configuration file or pull secret holds. */
export interface DockerCredentials {
  entries: readonly CredentialEntry[];
  /** What could not be used, with its key and without its secret. */
  problems: readonly string[];
  /** Names of credential helpers by host (`credHelpers`). */
  helpers: ReadonlyMap<string, string>;
  /** The helper for all other hosts (`credsStore`). */
  store?: string;
}

/** A text is no Docker configuration. */
export class DockerConfigError extends Error {
  override readonly name = 'DockerConfigError';
  readonly code = 'DOCKER_CONFIG_INVALID';
}

/** Kubernetes' bound for a secret is 1 MiB as well. */
const LONGEST_TEXT = 1024 * 1024;
const MOST_ENTRIES = 10_000;
/** What may stand behind `docker-credential-` without reaching another program than a helper. */
const HELPER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Reads `config.json`, `auth.json` or the value of a secret of type kubernetes.io/dockerconfigjson (mirror.md 4).
 *
 * @throws {DockerConfigError} when the whole cannot be read; a bad entry is a problem of the result
 */
export function parseDockerConfig(text: string): DockerCredentials {
  const config = parseObject(text, 'the configuration');
  const problems: string[] = [];
  const { credsStore } = config;
  const store = typeof credsStore === 'string' && HELPER_NAME.test(credsStore) ? credsStore : undefined;
  if (store === undefined && credsStore !== undefined && credsStore !== '') {
    problems.push('credsStore: not the name of a credential helper');
  }
  return {
    entries: readEntries(config['auths'] ?? {}, 'auths', problems),
    problems,
    helpers: readHelpers(config['credHelpers'] ?? {}, problems),
    ...(store !== undefined && { store }),
  };
}

/**
 * Reads the older `.dockercfg`, or the value of a secret of type kubernetes.io/dockercfg: the entries without a frame.
 *
 * @throws {DockerConfigError}
 */
export function parseDockerCfg(text: string): DockerCredentials {
  const problems: string[] = [];
  const entries = readEntries(parseObject(text, 'the configuration'), 'the configuration', problems);
  return { entries, problems, helpers: new Map() };
}

function parseObject(text: string, what: string): Record<string, unknown> {
  if (text.length > LONGEST_TEXT) throw new DockerConfigError(`${what} is longer than ${LONGEST_TEXT} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The words of JSON.parse quote the text, which holds secrets.
    throw new DockerConfigError(`${what} is not JSON; expected {"auths": {"registry.example.com": {"auth": "…"}}}`);
  }
  return objectOf(value, what);
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new DockerConfigError(`${what} is not a JSON object`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readEntries(auths: unknown, what: string, problems: string[]): CredentialEntry[] {
  const pairs = Object.entries(objectOf(auths, what));
  if (pairs.length > MOST_ENTRIES) throw new DockerConfigError(`${what} has more than ${MOST_ENTRIES} entries`);
  return pairs.flatMap(([key, value]) => {
    const place = parseCredentialKey(key);
    const read = isObject(value) ? readEntry(value) : { problem: 'is not a JSON object' };
    const problem = place === undefined ? 'does not name a registry' : read.problem;
    if (problem !== undefined) problems.push(`${JSON.stringify(key.slice(0, 300))}: ${problem}`);
    return place === undefined || read.credential === undefined ? [] : [{ ...place, credential: read.credential }];
  });
}

function readHelpers(value: unknown, problems: string[]): Map<string, string> {
  const helpers = new Map<string, string>();
  for (const [key, name] of Object.entries(objectOf(value, 'credHelpers'))) {
    const host = parseCredentialKey(key)?.host;
    if (host !== undefined && typeof name === 'string' && HELPER_NAME.test(name)) helpers.set(host, name);
    else if (name !== '') problems.push(`credHelpers ${JSON.stringify(key.slice(0, 300))}: not the name of a helper`);
  }
  return helpers;
}
