import { CATALOGUE, type Code } from '../source/catalogue.js';
import { hasErrors, type Diagnostic } from '../source/diagnostic.js';
import { InputError, inputText } from '../source/input-text.js';
import { readJson, type JsonSource } from '../source/json-reader.js';
import { Report } from '../source/report.js';
import { deepestNode, entryOf, nodeAt, type SourceNode } from '../source/source-node.js';
import type { Level } from '../schema/field.js';
import { ignitionLevel } from '../schema/variants.js';
import { checkIgnition } from './checks.js';
import { decodeIgnition, type JsonObject } from './decode.js';
import { findDuplicates } from './duplicates.js';
import type { IgnitionConfig } from './ignition-config.js';
import { findUnusedJsonKeys } from './unused-keys.js';

/** A config that was read and checked. */
export interface ParsedIgnition {
  /** Absent when the text cannot be read, or has a version that we do not know. */
  config?: IgnitionConfig;
  level?: Level;
  report: Diagnostic[];
  /** In one line, why the config is not accepted (edge.md 2.3). */
  failure?: string;
}

const KNOWN_VERSIONS = '3.0.0 to 3.6.0 and 3.7.0-experimental';

/**
 * Reads and checks an Ignition config of any version from 3.0 on (edge.md 2.3). `levels` restricts the versions. Never throws for a
 * text; what is wrong with it stands in the report.
 */
export function parseIgnition(input: string | Uint8Array, levels?: readonly Level[]): ParsedIgnition {
  let source: JsonSource;
  try {
    const text = inputText(input);
    if (text === '') return failed([problem('config-empty')], CATALOGUE['config-empty']);
    source = readJson(text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return failed([unreadable(error)], CATALOGUE['config-invalid']);
  }
  return parseVersion(source, levels);
}

function parseVersion(source: JsonSource, levels: readonly Level[] | undefined): ParsedIgnition {
  const section = source.root.kind === 'map' ? entryOf(source.root, 'ignition')?.value : undefined;
  const version = section?.kind === 'map' ? entryOf(section, 'version')?.value : undefined;
  const { problem: wrong } = decodeIgnition({ ...source, root: onlyVersion(source.root) }, 0);
  if (wrong) return failed([unreadable(wrong)], CATALOGUE['config-invalid']);
  const text = version?.kind === 'scalar' && !version.plain ? version.value : '';
  const position = source.lines.position((version ?? section ?? source.root).offset);
  if (!/^\d+\.\d+\.\d+([-+].*)?$/.test(text)) {
    return failed([{ ...problem('config-version-invalid'), position }], CATALOGUE['config-version-invalid']);
  }
  const level = ignitionLevel(text);
  if (level === undefined || (levels && !levels.includes(level))) {
    const known = levels ? levels.map((known) => `3.${known}.0`).join(' and ') : KNOWN_VERSIONS;
    const hint = `found ${text}; supported are ${known}`;
    const entry: Diagnostic = { ...problem('config-version-unsupported'), position, hint };
    return failed([entry], CATALOGUE['config-version-unsupported']);
  }
  return checkConfig(source, level);
}

/** The version is read before all else. */
function onlyVersion(root: SourceNode): SourceNode {
  if (root.kind !== 'map') return root;
  const ignition = entryOf(root, 'ignition');
  if (!ignition) return { ...root, entries: [] };
  const { value } = ignition;
  const version = value.kind === 'map' ? entryOf(value, 'version') : undefined;
  const section = value.kind === 'map' ? { ...value, entries: version ? [version] : [] } : value;
  return { ...root, entries: [{ ...ignition, value: section }] };
}

function checkConfig(source: JsonSource, level: Level): ParsedIgnition {
  const { config, problem: wrong } = decodeIgnition(source, level);
  if (wrong) return failed([unreadable(wrong)], CATALOGUE['config-invalid']);
  const report = new Report('generated');
  checkIgnition(config, level, report);
  findDuplicates(config as JsonObject, level, report);
  findUnusedJsonKeys(source.root, level, report);
  const entries = report.entries.map((entry) => ({
    ...entry,
    position: source.lines.position(placeOf(source, entry)),
  }));
  return {
    config,
    level,
    report: entries,
    ...(hasErrors(entries) ? { failure: CATALOGUE['config-invalid'] } : {}),
  };
}

/** Problems of an Ignition config, in the order of the reference. Empty: nothing to say. */
export function validateIgnition(input: string | Uint8Array): Diagnostic[] {
  return parseIgnition(input).report;
}

/** The reference tells the place behind the bracket of an object or list. */
function placeOf({ root }: JsonSource, { path, code }: Diagnostic): number {
  const name = path.at(-1);
  const map = code === 'unused-key' ? nodeAt(root, path.slice(0, -1)) : undefined;
  const entry = map?.kind === 'map' && typeof name === 'string' ? entryOf(map, name) : undefined;
  const node = entry?.key ?? deepestNode(root, path);
  return node.kind === 'scalar' ? node.offset : node.offset + 1;
}

function failed(report: Diagnostic[], failure: string): ParsedIgnition {
  return { report, failure };
}

function problem(code: Code): Diagnostic {
  return { severity: 'error', code, message: CATALOGUE[code], stage: 'read', path: [] };
}

function unreadable({ code, message, position }: InputError): Diagnostic {
  return { severity: 'error', code, message, stage: 'read', path: [], ...(position && { position }) };
}
