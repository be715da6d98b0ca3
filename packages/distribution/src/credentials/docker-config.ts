import type { RepositoryName } from '../repository-name.js';
import type { Credential } from './credential.js';

/** Credentials and the place that they are for. */
export interface CredentialEntry {
  /** Host without scheme, in the form in which hosts are compared; `*` may stand for a label. */
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
export declare class DockerConfigError extends Error {
  readonly code: 'DOCKER_CONFIG_INVALID';
}

/**
 * Reads `config.json`, `auth.json` or the value of a secret of type kubernetes.io/dockerconfigjson.
 *
 * @throws {DockerConfigError} when the whole cannot be read; a bad entry is a problem of the result
 */
export declare function parseDockerConfig(text: string): DockerCredentials;

/**
 * Reads the older `.dockercfg`, or the value of a secret of type kubernetes.io/dockercfg: the entries without a frame.
 *
 * @throws {DockerConfigError}
 */
export declare function parseDockerCfg(text: string): DockerCredentials;

/** All credentials that fit a repository, of the most specific key first. */
export declare function matchCredentials(list: readonly CredentialEntry[], repository: RepositoryName): Credential[];
