import { comparableHost } from '../repository-name.js';

/**
 * Reads the ConfigMap of `additionalTrustedCA`: keys are `host` or `host..port` (a key cannot hold a colon), values PEM texts
 * (registry.md 4.3). The result fits `RegistryClientOptions.trust`.
 */
export function trustedAuthorities(data: Readonly<Record<string, string>>): (host: string) => readonly string[] {
  const byHost = new Map(Object.entries(data).map(([key, pem]) => [comparableHost(key.replace('..', ':')), [pem]]));
  return (host) => byHost.get(comparableHost(host)) ?? [];
}
