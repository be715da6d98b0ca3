import { networkHost, normalizeHost } from '@longshore/oci';
import { matchesHostGlob } from '../host-glob.js';
import { withoutPort } from '../repository-name.js';

/** An entry of `spec.allowedRegistriesForImport` of the image configuration (registry.md 4.3). */
export interface ImportRule {
  /** Globs (`*`, `?`) per label of the host, with or without a port; without: 443, or 80 when insecure. */
  domainName: string;
  insecure?: boolean;
}

/**
 * Whether somebody without special rights may import from a host. An empty list allows all. A rule for an insecure registry
 * holds for insecure imports without a port of their own; a port is the one that would be connected to.
 */
export function isImportAllowed(rules: readonly ImportRule[], host: string, insecure: boolean): boolean {
  if (rules.length === 0) return true;
  const asked = endpoint(host, insecure);
  return rules.some((rule) => {
    const allowed = endpoint(rule.domainName, rule.insecure === true);
    return allowed.port === asked.port && matchesHostGlob(allowed.host, asked.host);
  });
}

function endpoint(host: string, insecure: boolean): { host: string; port: string } {
  const port = networkHost(host, { insecure }).replace(/^.*:/s, '');
  return { host: withoutPort(normalizeHost(host)), port };
}
