/** A repository of a registry, as pull specs name it. */
export interface RepositoryName {
  /** Host with optional port: `docker.io`, `quay.io:443`, `[::1]:5000`. */
  host: string;
  /** The name inside the registry, `team/app`. On docker.io a name of one component stands for `library/…`. */
  name: string;
}
