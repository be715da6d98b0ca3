import { formatTime, parseTime, type DockerConfig, type DockerImage } from '@longshore/kube';

/** What a configuration says of its image; what the manifest says (`Id`, `Size`) is not among it. */
export type ConfigDescription = Omit<DockerImage, 'kind' | 'apiVersion' | 'Id' | 'Size'>;

/** As much as a registry reads of a manifest (registry.md 1.7). Greater configurations are left unread. */
const MAX_CONFIG_BYTES = 4 * 2 ** 20;
/** Images are objects of the API, which etcd bounds by 1.5 MiB together with layers and manifest. */
const MAX_DESCRIPTION_LENGTH = 512 * 2 ** 10;

type Readers<T> = { [Field in keyof T]-?: (value: unknown) => T[Field] | undefined };

const CONFIG: Readers<DockerConfig> = {
  Hostname: readText,
  Domainname: readText,
  User: readText,
  Memory: readInteger,
  MemorySwap: readInteger,
  CpuShares: readInteger,
  Cpuset: readText,
  AttachStdin: readTrue,
  AttachStdout: readTrue,
  AttachStderr: readTrue,
  PortSpecs: readTexts,
  ExposedPorts: readKeys,
  Tty: readTrue,
  OpenStdin: readTrue,
  StdinOnce: readTrue,
  Env: readTexts,
  Cmd: readTexts,
  Image: readText,
  Volumes: readKeys,
  WorkingDir: readText,
  Entrypoint: readTexts,
  NetworkDisabled: readTrue,
  SecurityOpts: readTexts,
  OnBuild: readTexts,
  Labels: readTextMap,
};

/** Fields of Docker's and OCI's image configuration, and what they are called in `dockerImageMetadata`. */
const IMAGE: readonly [field: string, name: keyof ConfigDescription, read: (value: unknown) => unknown][] = [
  ['parent', 'Parent', readText],
  ['comment', 'Comment', readText],
  ['created', 'Created', readTime],
  ['container', 'Container', readText],
  ['container_config', 'ContainerConfig', readConfig],
  ['docker_version', 'DockerVersion', readText],
  ['author', 'Author', readText],
  ['config', 'Config', readConfig],
  ['architecture', 'Architecture', readText],
];

/**
 * Reads an image configuration, of Docker schema 2 or OCI (registry.md 3.1). Whoever pushes an image writes it, so nothing
 * in it is an error: fields of a wrong type are left out, as are empty ones, and what is no configuration says nothing.
 */
export function readDockerImage(config: Uint8Array): ConfigDescription {
  const body = config.length > MAX_CONFIG_BYTES ? undefined : parseObject(config);
  if (body === undefined) return {};
  const fields = IMAGE.map(([field, name, read]) => [name, read(ownField(body, field))] as const);
  const description: ConfigDescription = Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  // The history of the last layer, which only builders look at, goes first.
  if (isTooLong(description)) delete description.ContainerConfig;
  if (isTooLong(description)) delete description.Config;
  return isTooLong(description) ? {} : description;
}

function isTooLong(description: ConfigDescription): boolean {
  return JSON.stringify(description).length > MAX_DESCRIPTION_LENGTH;
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    return readObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    // Not text, not JSON, or nested too deep.
    return undefined;
  }
}

function ownField(object: Record<string, unknown>, field: string): unknown {
  return Object.hasOwn(object, field) ? object[field] : undefined;
}

function readObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function readConfig(value: unknown): DockerConfig | undefined {
  const object = readObject(value);
  if (object === undefined) return undefined;
  const entries = Object.entries(CONFIG).map(([field, read]) => [field, read(ownField(object, field))] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function readInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value !== 0 ? value : undefined;
}

function readTrue(value: unknown): boolean | undefined {
  return value === true ? true : undefined;
}

function readTexts(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((item): item is string => typeof item === 'string');
  return texts.length > 0 ? texts : undefined;
}

function readKeys(value: unknown): Record<string, object> | undefined {
  const keys = Object.keys(readObject(value) ?? {});
  return keys.length > 0 ? Object.fromEntries(keys.map((key) => [key, {}])) : undefined;
}

function readTextMap(value: unknown): Record<string, string> | undefined {
  const entries = Object.entries(readObject(value) ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** To the second, as API objects have it. */
function readTime(value: unknown): string | undefined {
  const date = typeof value === 'string' ? parseTime(value) : undefined;
  return date && formatTime(date);
}
