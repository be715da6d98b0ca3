export { CredentialChecker, type LoginOutcome } from './client/credential-checker.js';
export { HostBandwidth } from './client/host-bandwidth.js';
export * from './client/options.js';
export { RegistryClient } from './client/registry-client.js';
export * from './client/remote-repository.js';
export * from './copy/index.js';
export { parseCredentialKey } from './credentials/credential-key.js';
export type { Credential } from './credentials/credential.js';
export {
  credentialFiles,
  findCredentials,
  type FindCredentialsOptions,
  type FoundCredentials,
} from './credentials/credential-files.js';
export * from './credentials/docker-config.js';
export { dockerSecretEntries, isDockerSecret } from './credentials/docker-secret.js';
export * from './credentials/edit-docker-config.js';
export { matchCredentials } from './credentials/match-credentials.js';
export { matchesGlob } from './host-glob.js';
export * from './http/address-policy.js';
export { bodyReceived } from './http/body-garbage.js';
export { proxyFromEnvironment, type ProxySettings } from './http/proxy.js';
export * from './remote-error.js';
export type { RepositoryName } from './repository-name.js';
export { LARGEST_SIGNATURE, numberedSignatures } from './signatures/numbered-signatures.js';
export { ownArchitecture } from './own-architecture.js';
export * from './sources/import-rules.js';
export * from './sources/pull-sources.js';
export { userPullSources } from './sources/registries-conf-files.js';
export { type PullSourcesOf } from './sources/registries-conf-sources.js';
export { registriesConfText, registryEntries, SEARCH_REGISTRIES } from './sources/registries-conf-text.js';
export { type RegistryEntry } from './sources/registries-conf.js';
export * from './sources/source-policy.js';
export * from './sources/trusted-authorities.js';
