import { parse, TomlError } from 'smol-toml';

/** A `[[registry]]` of registries.conf: from where the images below `prefix` come. */
export interface RegistryEntry {
  /** `host[/path]` or `*.domain`. */
  prefix: string;
  /** What stands in the place of `prefix`; mostly the same. */
  location: string;
  insecure: boolean;
  /** The location itself is never asked. */
  blocked: boolean;
  mirrors: RegistryMirror[];
}

export interface RegistryMirror {
  location: string;
  insecure: boolean;
  serves: 'all' | 'digest-only' | 'tag-only';
}

/** A registries.conf that cannot be used. The message names file, line and entry. */
export class RegistriesConfError extends Error {
  override readonly name = 'RegistriesConfError';
  readonly code = 'REGISTRIES_CONF_INVALID';
}

const LARGEST_FILE = 1024 * 1024;
const SERVES = ['all', 'digest-only', 'tag-only'] as const;

/**
 * Reads a registries.conf (containers-registries.conf(5)): version 2, and of version 1, which has no mirrors, the lists of insecure
 * and blocked registries. Errors: RegistriesConfError.
 *
 * @param file in messages
 */
export function parseRegistriesConf(text: string, file: string): RegistryEntry[] {
  if (text.length > LARGEST_FILE) throw new RegistriesConfError(`${file}: larger than 1 MiB`);
  const { registry = [], registries } = parsed(text, file);
  if (!Array.isArray(registry)) throw new RegistriesConfError(`${file}: registry must be written as [[registry]]`);
  const entries = registry.map((one: unknown, index) => readEntry(one, `${file}: [[registry]] number ${index + 1}`));
  if (entries.length > 0 && registries !== undefined) {
    throw new RegistriesConfError(`${file}: mixes [[registry]] with [registries], the older form`);
  }
  return [...entries, ...(registries === undefined ? [] : oldEntries(registries, `${file}: [registries]`))];
}

function parsed(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [words = ''] = error.message.split('\n');
    throw new RegistriesConfError(`${file}:${error.line}:${error.column}: ${words}`, { cause: error });
  }
}

function readEntry(value: unknown, place: string): RegistryEntry {
  const table = tableOf(value, place);
  const given = { prefix: textOf(table, 'prefix', place), location: textOf(table, 'location', place) };
  const prefix = given.prefix || given.location;
  if (prefix === '') throw new RegistriesConfError(`${place}: needs a location or a prefix`);
  const mirrors = table['mirror'] ?? [];
  if (!Array.isArray(mirrors))
    throw new RegistriesConfError(`${place}: mirrors must be written as [[registry.mirror]]`);
  const digestOnly = flagOf(table, 'mirror-by-digest-only', place);
  return {
    prefix,
    location: given.location || prefix,
    insecure: flagOf(table, 'insecure', place),
    blocked: flagOf(table, 'blocked', place),
    mirrors: mirrors.map((one: unknown, index) =>
      readMirror(one, digestOnly, `${place}, [[registry.mirror]] number ${index + 1}`),
    ),
  };
}

function readMirror(value: unknown, digestOnly: boolean, place: string): RegistryMirror {
  const table = tableOf(value, place);
  const location = textOf(table, 'location', place);
  if (location === '') throw new RegistriesConfError(`${place}: needs a location`);
  const asked = textOf(table, 'pull-from-mirror', place) || 'all';
  const serves = SERVES.find((one) => one === asked);
  if (serves === undefined) throw new RegistriesConfError(`${place}: pull-from-mirror is none of ${SERVES.join(', ')}`);
  if (digestOnly && asked !== 'all')
    throw new RegistriesConfError(`${place}: has pull-from-mirror beside mirror-by-digest-only`);
  return { location, insecure: flagOf(table, 'insecure', place), serves: digestOnly ? 'digest-only' : serves };
}

/** `[registries.insecure]` and `[registries.block]`, each with a list `registries`. */
function oldEntries(value: unknown, place: string): RegistryEntry[] {
  const tables = tableOf(value, place);
  const listed = (name: string) => {
    const list = tables[name] === undefined ? [] : (tableOf(tables[name], place)['registries'] ?? []);
    if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list;
    throw new RegistriesConfError(`${place}: ${name} is no list of registries`);
  };
  const [insecure, blocked] = [new Set(listed('insecure')), new Set(listed('block'))];
  return [...new Set([...insecure, ...blocked])].map((prefix) => ({
    prefix,
    location: prefix,
    insecure: insecure.has(prefix),
    blocked: blocked.has(prefix),
    mirrors: [],
  }));
}

function tableOf(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RegistriesConfError(`${place}: is no table`);
}

function textOf(table: Record<string, unknown>, key: string, place: string): string {
  const value = table[key] ?? '';
  if (typeof value === 'string') return value;
  throw new RegistriesConfError(`${place}: ${key} is no text`);
}

function flagOf(table: Record<string, unknown>, key: string, place: string): boolean {
  const value = table[key] ?? false;
  if (typeof value === 'boolean') return value;
  throw new RegistriesConfError(`${place}: ${key} is neither true nor false`);
}
