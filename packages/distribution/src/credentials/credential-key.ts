import { isRegistryHost, isRepositoryName } from '@longshore/oci';
import { comparableHost } from '../repository-name.js';

/** The place that a key of `auths` is for. */
export interface CredentialPlace {
  host: string;
  path: string;
}

/**
 * Reads a key such as `quay.io`, `quay.io/org/app`, `https://index.docker.io/v1/` or `*.example.com` (mirror.md 4). The
 * address of an API stands for its host. Undefined when it names no registry.
 */
export function parseCredentialKey(key: string): CredentialPlace | undefined {
  if (key.length > 1024) return undefined;
  const bare = key.trim().replace(/^https?:\/\//i, '');
  const slash = bare.indexOf('/');
  const host = slash < 0 ? bare : bare.slice(0, slash);
  const rest = slash < 0 ? '' : bare.slice(slash + 1).replace(/\/$/, '');
  const path = rest.replace(/^v[12](?=\/|$)\/?/, '');
  // A glob is no host, and otherwise follows the same grammar.
  if (!isRegistryHost(host.replace(/[*?]/g, 'x')) || (path !== '' && !isRepositoryName(path))) return undefined;
  return { host: comparableHost(host), path };
}
