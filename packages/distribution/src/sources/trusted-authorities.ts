/**
 * Reads the ConfigMap of `additionalTrustedCA`: keys are `host` or `host..port` (a key cannot hold a colon), values PEM texts
 * (registry.md 4.3). The result fits `RegistryClientOptions.trust`.
 */
export declare function trustedAuthorities(data: Readonly<Record<string, string>>): (host: string) => readonly string[];
