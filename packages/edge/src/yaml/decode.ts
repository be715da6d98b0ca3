import { scalarValue } from './resolve-scalar.js';
import type { MapNode, YamlNode, YamlSource } from './document.js';
import { goSyntax } from './go-syntax.js';
import { fields, Float, MixedKeys, Timestamp, type Fields, type Value } from './value.js';

/** Keys and indexes from the root of a document to a value. */
export type Path = readonly (string | number)[];

/** Something in a document that does not fit. */
export interface DecodeIssue {
  kind: 'type' | 'duplicate' | 'unknown' | 'rule';
  /** For the kinds `type` and `duplicate` in the words of the reference's YAML library, without the line. */
  message: string;
  path: Path;
  node: YamlNode;
  /** What would be right. */
  remedy?: string;
  /** Of a duplicate: the first of the two. */
  first?: YamlNode;
  /** Of an unknown field: the fields that there are. */
  known?: readonly string[];
}

/** A rule of the format is broken so that the reference gives up the file at once. */
class RuleError extends Error {
  override readonly name = 'RuleError';
  readonly code = 'DOCUMENT_RULE';

  constructor(readonly issue: DecodeIssue) {
    super(issue.message);
  }
}

/** Aliases stand for so much that reading the document would fill the memory. */
class ExcessiveAliasError extends Error {
  override readonly name = 'ExcessiveAliasError';
  readonly code = 'YAML_ALIASES';

  constructor() {
    super('yaml: document contains excessive aliasing');
  }
}

/** A shape that a node may be read as. */
export interface Shape<T> {
  /** The name of the Go type in the messages of the reference. */
  readonly typeName: string;
  /** What a field has that is absent, null or unreadable. */
  zero(): T;
  /** Undefined when the node is null or does not fit; then an issue tells. */
  read(decoder: Decoder, node: YamlNode): T | undefined;
}

/** Reads nodes by shapes and keeps what did not fit. */
export class Decoder {
  readonly issues: DecodeIssue[] = [];
  readonly path: (string | number)[] = [];
  #visits = 0;
  #aliasVisits = 0;
  #aliasDepth = 0;
  #failures = 0;

  /** With `lenient` a broken rule is an issue like any other; else it ends the reading with a RuleError. */
  constructor(private readonly options: { lenient: boolean } = { lenient: false }) {}

  get lenient(): boolean {
    return this.options.lenient;
  }

  read<T>(shape: Shape<T>, node: YamlNode): T | undefined {
    this.#visit();
    if (node.kind !== 'alias') return shape.read(this, node);
    this.#aliasDepth++;
    try {
      return this.read(shape, node.target);
    } finally {
      this.#aliasDepth--;
    }
  }

  /** Reads a value under a key or an index. */
  readAt<T>(key: string | number, shape: Shape<T>, node: YamlNode): T | undefined {
    this.path.push(key);
    const value = this.read(shape, node);
    this.path.pop();
    return value;
  }

  /** How many issues are more than an unknown field. */
  get failures(): number {
    return this.#failures;
  }

  report(
    kind: DecodeIssue['kind'],
    node: YamlNode,
    message: string,
    more: Pick<DecodeIssue, 'remedy' | 'first' | 'known'> = {},
  ): DecodeIssue {
    const issue = { kind, node, message, path: [...this.path], ...more };
    this.issues.push(issue);
    if (kind !== 'unknown') this.#failures++;
    return issue;
  }

  /** Throws RuleError unless lenient. */
  breakRule(node: YamlNode, message: string, remedy?: string): void {
    const issue = this.report('rule', node, message, remedy === undefined ? {} : { remedy });
    if (!this.lenient) throw new RuleError(issue);
  }

  mismatch(node: YamlNode, typeName: string): undefined {
    const text =
      node.kind === 'scalar' ? ` \`${node.value.length > 10 ? `${node.value.slice(0, 7)}...` : node.value}\`` : '';
    this.report('type', node, `cannot unmarshal ${tagOf(node)}${text} into ${typeName}`);
    return undefined;
  }

  /** The bounds of the reference's library: few aliases are free, then at most 99 % and later 10 % of what is read. */
  #visit(): void {
    this.#visits++;
    if (this.#aliasDepth > 0) this.#aliasVisits++;
    if (this.#aliasVisits <= 100 || this.#visits <= 1000) return;
    const allowed =
      this.#visits <= 400_000
        ? 0.99
        : this.#visits >= 4_000_000
          ? 0.1
          : 0.99 - (0.89 * (this.#visits - 400_000)) / 3_600_000;
    if (this.#aliasVisits / this.#visits > allowed) throw new ExcessiveAliasError();
  }
}

function tagOf(node: YamlNode): string {
  if (node.kind === 'map') return '!!map';
  if (node.kind === 'list') return '!!seq';
  const value = node.kind === 'scalar' ? scalarValue(node) : null;
  if (value === null) return '!!null';
  if (typeof value === 'string') return '!!str';
  if (typeof value === 'boolean') return '!!bool';
  if (value instanceof Float) return '!!float';
  return value instanceof Timestamp ? '!!timestamp' : '!!int';
}

const isNull = (node: YamlNode) => node.kind === 'scalar' && scalarValue(node) === null;

/** A string field; takes the text of any scalar. */
export const text: Shape<string> = {
  typeName: 'string',
  zero: () => '',
  read: (decoder, node) => {
    if (node.kind !== 'scalar') return decoder.mismatch(node, 'string');
    return isNull(node) ? undefined : node.value;
  },
};

/** An integer field. */
export const integer: Shape<number> = {
  typeName: 'int',
  zero: () => 0,
  read: (decoder, node) => {
    const value = node.kind === 'scalar' ? scalarValue(node) : undefined;
    if (value === null) return undefined;
    if (typeof value === 'number') return value;
    if (value instanceof Float && Number.isSafeInteger(Math.trunc(value.value))) return Math.trunc(value.value);
    return decoder.mismatch(node, 'int');
  },
};

/** A boolean field; takes `yes` and its like too, in the few spellings of the reference's library and even in quotes. */
export const flag: Shape<boolean> = {
  typeName: 'bool',
  zero: () => false,
  read: (decoder, node) => {
    if (node.kind !== 'scalar') return decoder.mismatch(node, 'bool');
    const value = scalarValue(node);
    if (value === null) return undefined;
    if (typeof value === 'boolean') return value;
    if (['y', 'Y', 'yes', 'on'].includes(node.value)) return true;
    return ['n', 'N', 'no', 'off'].includes(node.value) ? false : decoder.mismatch(node, 'bool');
  },
};

/** The same shape for a field that knows whether it was given. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return { ...shape, zero: () => undefined };
}

/** A list field. `itemName`: the type of its items where that is not the name in their own messages. */
export function list<T>(item: Shape<T>, itemName = item.typeName): Shape<T[]> {
  const typeName = `[]${itemName}`;
  return {
    typeName,
    zero: () => [],
    read: (decoder, node) => {
      if (isNull(node)) return undefined;
      if (node.kind !== 'list') return decoder.mismatch(node, typeName);
      const read: T[] = [];
      node.items.forEach((child, index) => {
        const value = decoder.readAt(index, item, child);
        if (value !== undefined) read.push(value);
        // The reference's library leaves them out, but places of what follows are told by index.
        else if (decoder.lenient && isNull(child)) read.push(item.zero());
      });
      return read;
    },
  };
}

/** A field that holds values by arbitrary keys. */
export function dictionary<T>(item: Shape<T>): Shape<Record<string, T>> {
  const typeName = `map[string]${item.typeName}`;
  return {
    typeName,
    zero: () => Object.create(null) as Record<string, T>,
    read: (decoder, node) => {
      if (isNull(node)) return undefined;
      if (node.kind !== 'map') return decoder.mismatch(node, typeName);
      const read = Object.create(null) as Record<string, T>;
      if (!uniqueKeys(decoder, node)) return undefined;
      for (const { key, value } of withMerged(decoder, node)) {
        const name = decoder.read(text, key);
        if (name === undefined) continue;
        const item_ = decoder.readAt(name, item, value);
        if (item_ !== undefined) read[name] = item_;
        else if (isNull(value)) read[name] = item.zero();
      }
      return read;
    },
  };
}

/**
 * An object with known fields. `check` runs when all fields fit. A key that is not among the fields is an issue of the kind
 * `unknown`, which the reference passes over.
 */
export function object<T extends object>(
  typeName: string,
  shapes: { [K in keyof T]: Shape<T[K]> },
  options: { defaults?: Partial<T>; check?: (value: T, decoder: Decoder, node: MapNode) => void } = {},
): Shape<T> {
  const names = Object.keys(shapes) as (keyof T & string)[];
  const known = new Map<string, Shape<T[keyof T]>>(names.map((name) => [name, shapes[name]]));
  const empty = () => Object.fromEntries(names.map((name) => [name, shapes[name].zero()])) as T;
  return {
    typeName,
    zero: empty,
    read: (decoder, node) => {
      if (isNull(node)) return undefined;
      if (node.kind !== 'map') return decoder.mismatch(node, typeName);
      const before = decoder.failures;
      const value: T = { ...empty(), ...options.defaults };
      if (!uniqueKeys(decoder, node) && !decoder.lenient) return value;
      for (const { key, name, value: child } of withMerged(decoder, node)) {
        const shape = known.get(name);
        if (shape === undefined)
          decoder.report('unknown', key, `unknown field ${JSON.stringify(name)}`, { known: names });
        else value[name as keyof T] = decoder.readAt(name, shape, child) ?? value[name as keyof T];
      }
      if (decoder.failures === before) options.check?.(value, decoder, node);
      return value;
    },
  };
}

/** An object of unknown shape. */
export const record: Shape<Fields> = {
  typeName: 'map[string]interface {}',
  zero: () => fields(),
  read: (decoder, node) => {
    if (isNull(node)) return undefined;
    if (node.kind !== 'map') return decoder.mismatch(node, 'map[string]interface {}');
    if (!uniqueKeys(decoder, node)) return undefined;
    const read = fields();
    for (const { key, value } of withMerged(decoder, node)) {
      const name = decoder.read(text, key);
      if (name !== undefined) read[name] = decoder.readAt(name, anything, value) ?? null;
    }
    return read;
  },
};

/** Any value. */
export const anything: Shape<Value> = {
  typeName: 'interface {}',
  zero: () => null,
  read: (decoder, node) => {
    if (node.kind === 'scalar') return scalarValue(node);
    if (node.kind === 'list') {
      return node.items.map((item, index) => decoder.readAt(index, anything, item) ?? null);
    }
    if (node.kind !== 'map') return null;
    if (node.entries.every(({ key }) => hasTextKey(key))) return record.read(decoder, node);
    if (!uniqueKeys(decoder, node)) return null;
    const entries = withMerged(decoder, node).map(({ key, value }) => {
      return [keyOf(decoder, key), decoder.read(anything, value) ?? null] as const;
    });
    return new MixedKeys(entries);
  },
};

/** A key of any type but a map or a list, which is what `{{ .X }}` without quotes is. */
function keyOf(decoder: Decoder, node: YamlNode): Value {
  const key = decoder.read(anything, node) ?? null;
  const target = node.kind === 'alias' ? node.target : node;
  if (target.kind === 'scalar') return key;
  if (decoder.lenient) decoder.mismatch(target, text.typeName);
  else decoder.breakRule(target, `yaml: invalid map key: ${goSyntax(key)}`);
  return null;
}

function hasTextKey(key: YamlNode): boolean {
  if (key.kind === 'alias') return hasTextKey(key.target);
  return key.kind === 'scalar' && typeof scalarValue(key) === 'string';
}

function uniqueKeys(decoder: Decoder, node: MapNode): boolean {
  const seen = new Map<string, YamlNode>();
  let unique = true;
  for (const { key } of node.entries) {
    if (key.kind !== 'scalar') continue;
    const first = seen.get(key.value);
    if (first === undefined) {
      seen.set(key.value, key);
      continue;
    }
    unique = false;
    decoder.report('duplicate', key, `mapping key ${JSON.stringify(key.value)} already defined`, { first });
  }
  return unique;
}

/** The entries with those that `<<` brings, which never win over the map's own. */
function withMerged(decoder: Decoder, node: MapNode): MapNode['entries'] {
  const merges = node.entries.filter(({ key }) => isMergeKey(key));
  if (merges.length === 0) return node.entries;
  const own = node.entries.filter(({ key }) => !isMergeKey(key));
  const names = new Set(own.map(({ name }) => name));
  const merged = [...own];
  for (const source of merges.flatMap(({ value }) => mergeSources(decoder, value))) {
    for (const entry of withMerged(decoder, source)) {
      if (names.has(entry.name)) continue;
      names.add(entry.name);
      merged.push(entry);
    }
  }
  return merged;
}

const isMergeKey = (key: YamlNode) => key.kind === 'scalar' && key.plain && key.value === '<<';

function mergeSources(decoder: Decoder, value: YamlNode): MapNode[] {
  const node = value.kind === 'alias' ? value.target : value;
  if (node.kind === 'map') return [node];
  if (node.kind === 'list') return node.items.flatMap((item) => mergeSources(decoder, item));
  if (decoder.lenient) decoder.mismatch(node, record.typeName);
  else decoder.breakRule(node, 'yaml: map merge requires map or sequence of maps as the value');
  return [];
}

/**
 * What the reference prints of the issues that it does not pass over; undefined when there are none. Lines are those of the
 * source.
 */
export function unmarshalErrors(issues: readonly DecodeIssue[], source: YamlSource): string | undefined {
  const lines = issues
    .filter(({ kind }) => kind === 'type' || kind === 'duplicate')
    .map(({ node, message, first }) => {
      const earlier = first === undefined ? '' : ` at line ${source.lineOf(first.offset)}`;
      return `\n  line ${source.lineOf(node.offset)}: ${message}${earlier}`;
    });
  return lines.length === 0 ? undefined : `yaml: unmarshal errors:${lines.join('')}`;
}
