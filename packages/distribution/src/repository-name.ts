import { normalizeHost, normalizeReference } from '@longshore/oci';

/** A repository of a registry, as pull specs name it. */
export interface RepositoryName {
  /** Host with optional port: `docker.io`, `quay.io:443`, `[::1]:5000`. */
  host: string;
  /** The name inside the registry, `team/app`. On docker.io a name of one component stands for `library/…`. */
  name: string;
}

/** The one form of a repository's name: lower-case host, `docker.io` for its aliases, `library/` where it is left out there. */
export function normalizeRepository({ host, name }: RepositoryName): RepositoryName {
  const { registry = host, repository } = normalizeReference({ registry: host, repository: name });
  return { host: registry, name: repository };
}

/** The form in which hosts of configuration are compared: as `normalizeHost`, and without the port that is the default. */
export function comparableHost(host: string): string {
  return normalizeHost(host.replace(/:443$/, ''));
}

/** A host without its port: `[::1]:5000` -> `[::1]`. */
export function withoutPort(host: string): string {
  return host.replace(/:[0-9]*$/, '');
}
