import { applyMergePatch, isJsonObject, type JsonObject } from '@longshore/kube';
import { CliError } from '../cli-error.js';

type Shape = 'text' | 'texts' | 'texts by name' | 'object';

/** How containers are run (OCI image specification, config.md), with what Docker has beside it. */
const CONTAINER: Readonly<Record<string, Shape>> = {
  User: 'text',
  ExposedPorts: 'object',
  Env: 'texts',
  Entrypoint: 'texts',
  Cmd: 'texts',
  Volumes: 'object',
  WorkingDir: 'text',
  Labels: 'texts by name',
  StopSignal: 'text',
  Healthcheck: 'object',
  OnBuild: 'texts',
  Shell: 'texts',
  Hostname: 'text',
};

/** What is said of the image itself. Layers and history are made here. */
const IMAGE: Readonly<Record<string, Shape>> = {
  author: 'text',
  architecture: 'text',
  os: 'text',
  'os.version': 'text',
  'os.features': 'texts',
  variant: 'text',
  comment: 'text',
  config: 'object',
};

/** What stands in a configuration because of how the image was made. */
const HISTORY = ['history', 'container', 'container_config', 'docker_version', 'parent'];

export interface ConfigPatches {
  /** JSON merge patches: of the image, and of how its containers are run. */
  meta?: JsonObject;
  image?: JsonObject;
  dropHistory: boolean;
}

/** Reads a merge patch; names may be written in any case. Errors: CliError for what is no field, or has the wrong form. */
export function readConfigPatch(option: '--image' | '--meta', text: string): JsonObject {
  const fields = option === '--image' ? CONTAINER : IMAGE;
  const names = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
  const patch = Object.entries(parsed(option, text)).map(([key, value]): [string, JsonObject[string]] => {
    const name = names.get(key.toLowerCase());
    const shape = name === undefined ? undefined : fields[name];
    if (name === undefined || shape === undefined)
      throw new CliError(
        `${option}: ${JSON.stringify(key)} is no field; there are ${[...names.values()].join(', ')}`,
        2,
      );
    if (value === null || fits(value, shape)) return [name, value];
    throw new CliError(`${option}: ${name} must be ${WORDS[shape]}, or null to remove it`, 2);
  });
  return Object.fromEntries(patch);
}

/** The configuration of an image with patches laid over it. */
export function patchConfig(config: JsonObject, { meta = {}, image = {}, dropHistory }: ConfigPatches): JsonObject {
  const kept = dropHistory
    ? Object.fromEntries(Object.entries(config).filter(([key]) => !HISTORY.includes(key)))
    : config;
  return applyMergePatch(applyMergePatch(kept, meta), { config: image });
}

const WORDS: Readonly<Record<Shape, string>> = {
  text: 'a text',
  texts: 'a list of texts',
  'texts by name': 'an object of texts',
  object: 'an object',
};

function parsed(option: string, text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Told below.
  }
  throw new CliError(`${option}: expected a JSON object`, 2);
}

function fits(value: unknown, shape: Shape): boolean {
  const isText = (one: unknown) => typeof one === 'string';
  if (shape === 'text') return isText(value);
  if (shape === 'texts') return Array.isArray(value) && value.every(isText);
  if (!isJsonObject(value)) return false;
  return shape === 'object' || Object.values(value).every((one) => one === null || isText(one));
}
