import { CATALOGUE, type Code } from '../source/catalogue.js';
import type { Diagnostic, Path } from '../source/diagnostic.js';
import { InputError } from '../source/input-text.js';
import type { LineIndex } from '../source/line-index.js';
import { MAX_ERRORS } from '../source/report.js';
import type { MapNode, ScalarNode, SourceNode } from '../source/source-node.js';
import { MAX_DEPTH } from '../source/yaml-reader.js';
import { resolveScalar, type ScalarType } from '../source/yaml-scalar.js';
import type { Field, FieldType, Level } from '../schema/field.js';
import { fieldsOf } from '../schema/structs.js';
import type { Value, Values } from './values.js';

/** How much may come through aliases: the limits of the reference's YAML reader, in nodes decoded. */
const ALIAS_FREE_NODES = 1000;
const FEW_NODES = 400_000;
const MANY_NODES = 4_000_000;

/** Each pair of equal keys is told, but not thousands of them. */
const MAX_SAME_KEYS = 50;

const CORE_TAGS = /^tag:yaml\.org,2002:/;
const BINARY_TAG = 'tag:yaml.org,2002:binary';

/** A type error with the line that the reference tells. */
export interface DecodeError {
  line: number;
  diagnostic: Diagnostic;
}

/**
 * Turns YAML nodes into values by the schema. Unknown keys are passed over (`unused-keys.ts` finds them); values of another
 * type are left out and told in `errors`. Throws {@link InputError} when aliases blow the document up.
 */
export class Decoder {
  readonly errors: DecodeError[] = [];
  #decoded = 0;
  #throughAliases = 0;
  #aliasDepth = 0;

  constructor(
    private readonly lines: LineIndex,
    private readonly level: Level,
  ) {}

  /** The values of these fields in a node that should be a map. `type` is its name in messages. */
  fields(node: SourceNode, fields: readonly Field[], path: Path, type: string): Values {
    const values: Record<string, Value> = {};
    this.#entries(node, path, type, (name, value) => {
      const field = fields.find((candidate) => candidate.name === name);
      if (!field || (field.referenceUntil >= this.level && isNull(value))) return;
      const decoded = this.#value(value, field.type, [...path, name]);
      if (decoded !== undefined) values[name] = decoded;
    });
    return values;
  }

  /**
   * Tells the entries of a node that should be a map, and then those of its merge keys that it does not have itself. `taken` are
   * the names that the map has into which this one is merged.
   */
  #entries(
    node: SourceNode,
    path: Path,
    type: string,
    tell: (name: string, value: SourceNode) => void,
    taken?: Set<string>,
  ): void {
    this.#through(node, (map) => {
      if (map.kind !== 'map') {
        if (!isNull(map)) this.#mismatch(map, type, path);
        return;
      }
      if (this.#hasDuplicates(map, path)) return;
      for (const entry of map.entries) {
        this.#count(entry.key);
        if (isMergeKey(entry) || taken?.has(entry.name)) continue;
        taken?.add(entry.name);
        tell(entry.name, entry.value);
      }
      const merged = map.entries.find(isMergeKey);
      if (!merged) return;
      const names = taken ?? new Set(map.entries.map(({ name }) => name));
      for (const source of this.#mergeSources(merged.value)) this.#entries(source, path, type, tell, names);
    });
  }

  #value(node: SourceNode, type: FieldType, path: Path): Value | undefined {
    switch (type.kind) {
      case 'struct':
        return this.#struct(node, type.struct, path);
      case 'list':
        return this.#list(node, `[]${type.struct}`, path, (item, at) => this.#struct(item, type.struct, at));
      case 'strings':
        return this.#list(node, '[]string', path, (item, at) => this.#scalar(item, 'string', at) ?? '');
      case 'labels':
        return this.#labels(node, path);
      default:
        return this.#scalar(node, type.kind, path);
    }
  }

  #struct(node: SourceNode, name: string, path: Path): Values {
    return this.fields(node, fieldsOf(name, this.level), path, name);
  }

  #list(
    node: SourceNode,
    type: string,
    path: Path,
    decode: (item: SourceNode, path: Path) => Value,
  ): readonly Value[] | undefined {
    return this.#through(node, (target) => {
      if (target.kind === 'list') {
        // The reference's reader leaves items out that are null, and those after them move up.
        return target.items.flatMap((item, index) => (isNull(item) ? [] : [decode(item, [...path, index])]));
      }
      if (!isNull(target)) this.#mismatch(target, type, path);
      return undefined;
    });
  }

  #labels(node: SourceNode, path: Path): Values {
    const values = Object.create(null) as Record<string, Value>;
    this.#entries(node, path, 'map[string]string', (name, value) => {
      values[name] = this.#scalar(value, 'string', [...path, name]) ?? '';
    });
    return values;
  }

  #scalar(node: SourceNode, kind: 'string' | 'integer' | 'boolean', path: Path): Value | undefined {
    return this.#through(node, (target) => {
      const type = { string: 'string', integer: 'int', boolean: 'bool' }[kind];
      if (target.kind !== 'scalar') {
        this.#mismatch(target, type, path);
        return undefined;
      }
      const resolved = resolveScalar(target);
      this.#checkTag(target, resolved);
      if (resolved.tag === '!!null') return undefined;
      const text = target.tag === BINARY_TAG ? this.#binary(target) : target.value;
      const value = kind === 'string' ? text : convert(resolved.value, kind);
      if (value === undefined) this.#mismatch(target, type, path);
      return value;
    });
  }

  /** A tag of the author's must be what the text is. */
  #checkTag({ value, tag, offset }: ScalarNode, resolved: ScalarType): void {
    const short = tag?.replace(CORE_TAGS, '!!') ?? resolved.tag;
    const number = short === '!!float' && resolved.tag === '!!int';
    if (short === resolved.tag || number || ['!', '!!str', '!!binary'].includes(short)) return;
    const message = `yaml: cannot decode ${resolved.tag} \`${value}\` as a ${short}`;
    throw new InputError('yaml-syntax', message, this.lines.position(offset));
  }

  #binary({ value, offset }: ScalarNode): string {
    const digits = value.replaceAll(/[\r\n]/g, '');
    if (digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits))
      return Buffer.from(digits, 'base64').toString();
    throw new InputError(
      'yaml-syntax',
      'yaml: !!binary value contains invalid base64 data',
      this.lines.position(offset),
    );
  }

  #through<T>(node: SourceNode, read: (target: Exclude<SourceNode, { kind: 'alias' }>) => T): T {
    this.#count(node);
    if (node.kind !== 'alias') return read(node);
    if (this.#aliasDepth === MAX_DEPTH) throw this.#tooManyAliases(node);
    this.#aliasDepth++;
    const result = this.#through(node.target, read);
    this.#aliasDepth--;
    return result;
  }

  /** Counts, as the reference's reader does, how much of the document comes through aliases. */
  #count(node: SourceNode): void {
    this.#decoded++;
    if (this.#aliasDepth > 0) this.#throughAliases++;
    if (this.#throughAliases <= 100 || this.#decoded <= ALIAS_FREE_NODES) return;
    if (this.#throughAliases / this.#decoded > allowedRatio(this.#decoded)) throw this.#tooManyAliases(node);
  }

  #tooManyAliases(node: SourceNode): InputError {
    const message = `yaml: ${CATALOGUE['yaml-excessive-aliasing']}`;
    return new InputError('yaml-excessive-aliasing', message, this.lines.position(node.offset));
  }

  /** The maps that a merge key names, each by itself or by an alias. */
  #mergeSources(node: SourceNode): readonly SourceNode[] {
    const sources = node.kind === 'list' ? node.items : [node];
    if (sources.every((source) => resolveAlias(source).kind === 'map')) return sources;
    throw new InputError(
      'yaml-syntax',
      'yaml: map merge requires map or sequence of maps as the value',
      this.lines.position(node.offset),
    );
  }

  #hasDuplicates({ entries }: MapNode, path: Path): boolean {
    const keys = entries.flatMap(({ key }) => (key.kind === 'scalar' ? [key] : []));
    const byName = new Map<string, SourceNode[]>();
    for (const key of keys) byName.set(key.value, [...(byName.get(key.value) ?? []), key].slice(0, MAX_SAME_KEYS));
    if (byName.size === keys.length) return false;
    for (const key of keys) {
      const [first, ...later] = byName.get(key.value) ?? [];
      byName.set(key.value, later);
      if (!first) continue;
      const line = this.lines.position(first.offset).line;
      const message = `mapping key ${JSON.stringify(key.value)} already defined at line ${line}`;
      for (const other of later) {
        this.#error(other, [...path, key.value], 'duplicate-key', message, 'remove one of the two');
      }
    }
    return true;
  }

  #mismatch(node: Exclude<SourceNode, { kind: 'alias' }>, type: string, path: Path): void {
    const message = `cannot unmarshal ${describe(node)} into ${this.#typeName(type)}`;
    this.#error(node, path, 'wrong-type', message, hintFor(node, type));
  }

  /** The reference tells the type in its own program; people find their problem by these words. */
  #typeName(type: string): string {
    const [, list = '', name = ''] = /^(\[\])?(.*)$/.exec(type) ?? [];
    return /^[A-Z]/.test(name) ? `${list}v0_${this.level + 1}.${name}` : type;
  }

  #error(node: SourceNode, path: Path, code: Code, message: string, hint: string): void {
    if (this.errors.length >= MAX_ERRORS) return;
    const position = this.lines.position(node.offset);
    this.errors.push({
      line: position.line,
      diagnostic: { severity: 'error', code, message, stage: 'decode', path, position, hint },
    });
  }
}

function isNull(node: SourceNode): boolean {
  const target = resolveAlias(node);
  return target.kind === 'scalar' && resolveScalar(target).tag === '!!null';
}

function allowedRatio(decoded: number): number {
  if (decoded <= FEW_NODES) return 0.99;
  if (decoded >= MANY_NODES) return 0.1;
  return 0.99 - (0.89 * (decoded - FEW_NODES)) / (MANY_NODES - FEW_NODES);
}

function isMergeKey({ key }: { key?: SourceNode }): boolean {
  return key?.kind === 'scalar' && key.plain && key.value === '<<';
}

function resolveAlias(node: SourceNode): Exclude<SourceNode, { kind: 'alias' }> {
  return node.kind === 'alias' ? resolveAlias(node.target) : node;
}

function convert(value: string | number | boolean | null, kind: 'integer' | 'boolean'): number | boolean | undefined {
  if (kind === 'boolean') {
    if (typeof value === 'boolean') return value;
    if (value === 'y' || value === 'Y' || value === 'yes' || value === 'on') return true;
    if (value === 'n' || value === 'N' || value === 'no' || value === 'off') return false;
    return undefined;
  }
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? Math.trunc(value) : undefined;
}

function describe(node: Exclude<SourceNode, { kind: 'alias' }>): string {
  if (node.kind === 'map') return '!!map';
  if (node.kind === 'list') return '!!seq';
  const { value } = node;
  return `${tagOf(node)} \`${value.length > 10 ? `${value.slice(0, 7)}...` : value}\``;
}

function tagOf(node: ScalarNode): string {
  return resolveScalar(node).tag;
}

function hintFor(node: Exclude<SourceNode, { kind: 'alias' }>, type: string): string {
  const found = node.kind === 'scalar' ? scalarHint(node) : { map: 'a map', list: 'a list' }[node.kind];
  return `expected ${expectation(type)}, found ${found}`;
}

function scalarHint({ value, plain }: ScalarNode): string {
  const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  const [placeholder] = /^<[^<>]{1,40}>/.exec(value) ?? [];
  if (placeholder !== undefined) return `the placeholder ${placeholder}`;
  return plain ? `\`${shown}\`` : `the text "${shown}" (remove the quotes if it is meant as it stands)`;
}

function expectation(type: string): string {
  if (type.startsWith('[]')) return type === '[]string' ? 'a list of texts, "- …" on each line' : 'a list of maps';
  return { string: 'a text', int: 'an integer', bool: 'true or false' }[type] ?? 'a map';
}
