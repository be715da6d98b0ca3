import { hasErrors, type Diagnostic } from '../source/diagnostic.js';
import { EXPERIMENTAL_LEVEL, type Level } from '../schema/field.js';
import { jsonFieldsOf, type JsonObject } from './decode.js';
import { encodeJson } from './encode-json.js';
import type { IgnitionConfig } from './ignition-config.js';
import { mergeTraced } from './merge.js';
import { plainObject, traced, type Traced, type TracedObject } from './traced.js';
import { parseIgnition } from './validate.js';

/** Versions that the install service accepts as an override (edge.md 2.2). */
const OVERRIDE_LEVELS: readonly Level[] = [1, 2];

export interface MergeOptions {
  /** Indent by two spaces. */
  pretty?: boolean;
  /** Accept only versions that the install service accepts. */
  override?: boolean;
}

export interface MergeResult {
  /** The merged config; present also when it is invalid. Its version is the child's. */
  config?: IgnitionConfig;
  /** The merged config as JSON, with its line feed. */
  output?: string;
  /** Problems of a side, or of the merged config; `of` says of which. */
  report: (Diagnostic & { of: 'parent' | 'child' | 'merged' })[];
  /** In one line, why there is no valid config. */
  failure?: string;
}

/** Merges two texts as Ignition, or the install service, would, and checks the result (edge.md 2.1 and 2.2). */
export function mergeIgnition(
  parent: string | Uint8Array,
  child: string | Uint8Array,
  { pretty = false, override = false }: MergeOptions = {},
): MergeResult {
  const levels = override ? OVERRIDE_LEVELS : undefined;
  const sides = { parent: parseIgnition(parent, levels), child: parseIgnition(child, levels) };
  for (const of of ['parent', 'child'] as const) {
    const { failure, report } = sides[of];
    if (failure !== undefined)
      return { report: report.map((entry) => ({ ...entry, of })), failure: `${of}: ${failure}` };
  }
  const config = mergeConfigs(sides.parent.config ?? {}, sides.child.config ?? {});
  const output = `${encodeJson(config, pretty)}\n`;
  const { report, failure } = parseIgnition(output, levels);
  return {
    config,
    output,
    report: report.map((entry) => ({ ...entry, of: 'merged' })),
    ...(hasErrors(report) && failure !== undefined ? { failure: `merged: ${failure}` } : {}),
  };
}

/** Merges two configs of any versions; the version is the child's, fields of later ones stay as they are. */
export function mergeConfigs(parent: IgnitionConfig, child: IgnitionConfig): IgnitionConfig {
  const level = mergeLevel(parent, child);
  const merged = mergeTraced(configOf(parent, level), configOf(child, level), level);
  return plainObject(merged, 'Config', level);
}

/** The fields that either side may have decide how plain fields behave. */
function mergeLevel(...configs: IgnitionConfig[]): Level {
  const minors = configs.map(({ ignition }) => Number(/^3\.(\d)\./.exec(ignition?.version ?? '')?.[1] ?? 0));
  return Math.min(Math.max(...minors), EXPERIMENTAL_LEVEL);
}

function configOf(config: IgnitionConfig, level: Level): TracedObject {
  return withPlainFields(traced(config as JsonObject, []), 'Config', level) as TracedObject;
}

/** Fields that are no optional ones are there even when they are not written: an unset one of the child wins, too. */
function withPlainFields(node: Traced, struct: string, level: Level): Traced {
  if (node.kind !== 'object') return node;
  for (const { json = '', type, plainUntil } of jsonFieldsOf(struct, level)) {
    const value = node.fields.get(json);
    if (!value && plainUntil >= level) node.fields.set(json, traced('', []));
    else if (value?.kind === 'object' && type.kind === 'struct') withPlainFields(value, type.struct, level);
    else if (value?.kind === 'list' && type.kind === 'list') {
      for (const item of value.items) withPlainFields(item, type.struct, level);
    }
  }
  return node;
}
