import { ProblemList } from './config-error.js';
import type { MapValue } from './config-value.js';
import type { Environment } from './environment.js';
import { applyEnvironment } from './environment.js';
import type { RegistryConfig } from './registry-config.js';
import { driverNames, registrySchema } from './schema.js';
import { INVALID } from './setting.js';
import { expandBareName } from './structure-settings.js';
import { readYaml } from './yaml-text.js';

export interface ConfigSource {
  /** The content of the configuration file; absent when there is none, which means distribution's defaults. */
  text?: string;
  /** The file's name for messages. */
  file?: string;
  env: Environment;
}

/**
 * Reads a configuration: distribution's YAML, `REGISTRY_*` variables over it, defaults below it. Touches no file.
 * Throws ConfigError with every problem that was found.
 */
export function loadConfig({ text, file = 'config.yml', env }: ConfigSource): RegistryConfig {
  const problems = new ProblemList();
  const top = { file, line: 1, column: 1 };
  const written = text === undefined ? undefined : readYaml(text, (line, column) => ({ file, line, column }), problems);
  if (problems.any) throw problems.toError();
  if (written && written.kind !== 'map') {
    problems.add(written.place, '', 'expected a mapping of keys; begin with "version: 0.1"');
    throw problems.toError();
  }
  const base = written ?? { kind: 'map', place: top, entries: new Map() };
  const merged = applyEnvironment(base, env, registrySchema, problems);
  const complete = text === undefined ? withDefaults(merged) : merged;
  const config = registrySchema.read(complete, { path: '', place: top }, problems);
  if (config === INVALID || problems.any) throw problems.toError();
  return problems.shownNotes.length > 0 ? { ...config, notes: problems.shownNotes } : config;
}

/** The configuration without a file and without variables. */
export function defaultConfig(): RegistryConfig {
  return loadConfig({ env: {} });
}

/** Adds what every file must say and nobody can say without one: the version, and a storage driver. */
function withDefaults(map: MapValue): MapValue {
  const { place } = map;
  const scalar = (text: string) => ({ kind: 'scalar', place, text, quoted: true, value: text }) as const;
  const entries = new Map(map.entries);
  if (!entries.has('version')) entries.set('version', { place, value: scalar('0.1') });
  const storage = expandBareName(entries.get('storage')?.value ?? scalar('filesystem'));
  if (storage.kind === 'map' && !driverNames.some((name) => storage.entries.has(name))) {
    const driver: MapValue = { kind: 'map', place, entries: new Map() };
    const inner = new Map(storage.entries).set('filesystem', { place, value: driver });
    entries.set('storage', { place, value: { ...storage, entries: inner } });
  } else {
    entries.set('storage', { place, value: storage });
  }
  return { ...map, entries };
}
