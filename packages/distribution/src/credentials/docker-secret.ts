import { parseDockerCfg, parseDockerConfig, type CredentialEntry } from './docker-config.js';

/** As much of a Kubernetes Secret as tells credentials for registries. */
export interface DockerSecret {
  type?: string;
  /** By key, in Base64. */
  data?: Readonly<Record<string, string>>;
}

const FORMATS = new Map([
  ['kubernetes.io/dockerconfigjson', { key: '.dockerconfigjson', parse: parseDockerConfig }],
  ['kubernetes.io/dockercfg', { key: '.dockercfg', parse: parseDockerCfg }],
]);

/** Whether a secret is of a type that holds credentials for registries. */
export function isDockerSecret({ type = '' }: DockerSecret): boolean {
  return FORMATS.has(type);
}

/** The credentials in a secret; none in one of another type. Errors: DockerConfigError. */
export function dockerSecretEntries({ type = '', data = {} }: DockerSecret): readonly CredentialEntry[] {
  const format = FORMATS.get(type);
  if (format === undefined) return [];
  return format.parse(Buffer.from(data[format.key] ?? '', 'base64').toString()).entries;
}
