import type { Path } from '../source/diagnostic.js';
import { InputError } from '../source/input-text.js';
import { readJson } from '../source/json-reader.js';
import type { Report } from '../source/report.js';
import type { Level } from '../schema/field.js';
import { ignitionVersion } from '../schema/variants.js';
import { checkIgnition } from '../spec/checks.js';
import { decodeIgnition, type JsonObject } from '../spec/decode.js';
import { findDuplicates } from '../spec/duplicates.js';
import { findUnusedJsonKeys } from '../spec/unused-keys.js';

/** True for the configs that are merged, or replace ours; not for certificates, which are references too. */
export function isConfigReference(path: Path): boolean {
  return path[0] === 'ignition' && path[1] === 'config';
}

/**
 * Checks a config that is merged or replaces ours and is written into it. Its findings have paths of their own, from its
 * root, and no place; one of another version is not looked into (edge.md 1.7).
 */
export function checkEmbeddedConfig(
  text: string,
  path: Path,
  field: 'inline' | 'local',
  level: Level,
  report: Report,
): void {
  try {
    const source = readJson(text);
    const { config, problem } = decodeIgnition(source, level);
    if (problem) throw problem;
    const version = config.ignition?.version ?? '';
    if (version !== ignitionVersion(level) && /^\d+\.\d+\.\d+/.test(version)) {
      report.warning([...path, 'version'], 'merge-version-unknown');
      return;
    }
    checkIgnition(config, level, report);
    findDuplicates(config as JsonObject, level, report);
    findUnusedJsonKeys(source.root, level, report);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    report.error([], error.code, error.message);
    report.error([...path, field], 'config-invalid');
  }
}
