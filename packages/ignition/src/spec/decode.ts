import type { Path } from '../source/diagnostic.js';
import { InputError } from '../source/input-text.js';
import type { JsonSource } from '../source/json-reader.js';
import { entryOf, type SourceNode } from '../source/source-node.js';
import type { Field, FieldType, Level } from '../schema/field.js';
import { fieldsOf } from '../schema/structs.js';
import type { IgnitionConfig } from './ignition-config.js';

/** A decoded JSON value of a config. */
export type JsonValue = string | number | boolean | JsonValue[] | JsonObject;

/** A decoded JSON object; unknown keys are left out. */
export interface JsonObject {
  [name: string]: JsonValue | undefined;
}

/** A config, and its first value of a wrong type, which is left out. */
export interface DecodedConfig {
  config: IgnitionConfig;
  problem?: InputError;
}

const VERSION: Field = {
  name: 'version',
  json: 'version',
  type: { kind: 'string' },
  since: 0,
  plainUntil: -1,
  referenceUntil: -1,
};

/** The fields of a JSON object at a level. The version stands in no Butane text and so in no table. */
export function jsonFieldsOf(struct: string, level: Level): readonly Field[] {
  const cached = JSON_FIELDS[level]?.get(struct);
  if (cached) return cached;
  const fields = fieldsOf(struct, level).filter(({ json }) => json !== undefined);
  const all = struct === 'Ignition' ? [...fields, VERSION] : fields;
  (JSON_FIELDS[level] ??= new Map()).set(struct, all);
  return all;
}

const JSON_FIELDS: Map<string, readonly Field[]>[] = [];

/** Turns a JSON text into a config by the schema of that level. */
export function decodeIgnition({ root, lines }: JsonSource, level: Level): DecodedConfig {
  const decoder = new JsonDecoder(level);
  const config: IgnitionConfig = decoder.object(root, 'Config', []) ?? {};
  if (!decoder.mismatch) return { config };
  const { node, path, type } = decoder.mismatch;
  // The reference's reader has read a literal, or the bracket that opens a list or map.
  const offset = node.kind === 'scalar' ? node.end : node.offset + 1;
  const place = path.length > 0 ? `field ${path.filter((part) => typeof part === 'string').join('.')}` : 'value';
  const message = `json: cannot unmarshal ${jsonType(node)} into ${place} of type ${type}`;
  return { config, problem: new InputError('json-syntax', message, lines.position(offset)) };
}

class JsonDecoder {
  mismatch?: { node: SourceNode; path: Path; type: string };

  constructor(private readonly level: Level) {}

  object(node: SourceNode, struct: string, path: Path): JsonObject | undefined {
    if (isNull(node)) return undefined;
    if (node.kind !== 'map') return this.#wrong(node, path, struct);
    const object: JsonObject = {};
    for (const { json = '', type } of jsonFieldsOf(struct, this.level)) {
      const entry = entryOf(node, json);
      const value = entry && this.#value(entry.value, type, [...path, json]);
      if (value !== undefined) object[json] = value;
    }
    return object;
  }

  #value(node: SourceNode, type: FieldType, path: Path): JsonValue | undefined {
    switch (type.kind) {
      case 'struct':
        return this.object(node, type.struct, path);
      case 'list':
        return this.#list(node, type.struct, path, (item, at) => this.object(item, type.struct, at) ?? {});
      case 'strings':
        return this.#list(node, 'string', path, (item, at) => this.#scalar(item, 'string', at) ?? '');
      case 'labels':
        return undefined;
      default:
        return this.#scalar(node, type.kind, path);
    }
  }

  #list(node: SourceNode, type: string, path: Path, decode: (item: SourceNode, path: Path) => JsonValue) {
    if (isNull(node)) return undefined;
    if (node.kind !== 'list') return this.#wrong(node, path, `[]${type}`);
    return node.items.map((item, index) => decode(item, [...path, index]));
  }

  #scalar(node: SourceNode, kind: 'string' | 'integer' | 'boolean', path: Path): JsonValue | undefined {
    if (isNull(node)) return undefined;
    const value = node.kind === 'scalar' ? literal(node.value, node.plain, kind) : undefined;
    return value ?? this.#wrong(node, path, { string: 'string', integer: 'int', boolean: 'bool' }[kind]);
  }

  #wrong(node: SourceNode, path: Path, type: string): undefined {
    this.mismatch ??= { node, path, type };
  }
}

function literal(text: string, plain: boolean, kind: 'string' | 'integer' | 'boolean'): JsonValue | undefined {
  if (kind === 'string') return plain ? undefined : text;
  if (!plain) return undefined;
  if (kind === 'boolean') return text === 'true' || text === 'false' ? text === 'true' : undefined;
  return /^-?[0-9]+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

function isNull(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.plain && node.value === 'null';
}

function jsonType(node: SourceNode): string {
  if (node.kind === 'map') return 'object';
  if (node.kind === 'list') return 'array';
  if (node.kind === 'scalar' && node.plain) return /^[tf]/.test(node.value) ? 'bool' : 'number';
  return 'string';
}
