import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import { entryOf, type SourceNode } from '../source/source-node.js';
import type { Field, Level } from '../schema/field.js';
import { treeMismatch } from '../source/tree-mismatch.js';
import { fieldsOf, structOf } from '../schema/structs.js';
import { keyHint } from './key-hint.js';
import { objectIn, objectsIn, type Values } from './values.js';

/**
 * Warns of keys that no field has, in the order of the schema and in each map in the order of the text (edge.md 1.2, stage 3).
 * Also of sections whose text is not the map that their values came from: null, or an alias.
 */
export function findUnusedKeys(
  root: SourceNode,
  values: Values,
  sections: readonly Field[],
  level: Level,
  report: Report,
): void {
  const everywhen = [...sections, ...structOf('Config').fields];
  new KeySearch(level, report).visit(root, values, sections, everywhen, []);
}

/** Hints compare words letter by letter; a text with more unknown keys is no Butane. */
const MAX_HINTS = 100;

class KeySearch {
  #hints = 0;

  constructor(
    private readonly level: Level,
    private readonly report: Report,
  ) {}

  /** `everywhen`: the fields of all levels, for hints. */
  visit(node: SourceNode, values: Values, fields: readonly Field[], everywhen: readonly Field[], path: Path): void {
    if (node.kind !== 'map') {
      this.#reportMismatch(path);
      return;
    }
    for (const { name } of node.entries) {
      if (!fields.some((field) => field.name === name)) this.#reportKey(name, everywhen, path);
    }
    for (const field of fields) {
      const child = entryOf(node, field.name)?.value;
      if (child) this.#visitField(child, values, field, [...path, field.name]);
    }
  }

  #visitField(node: SourceNode, values: Values, { name, type, referenceUntil }: Field, path: Path): void {
    if (type.kind === 'struct') {
      // What is held by reference is not there at all when it is null.
      if (values[name] === undefined && referenceUntil >= this.level) return;
      this.#visitStruct(node, objectIn(values, name), type.struct, path);
    } else if (type.kind === 'list' && node.kind === 'list') {
      objectsIn(values, name).forEach((item, index) => {
        const at = node.items[index];
        if (at) this.#visitStruct(at, item, type.struct, [...path, index]);
      });
    }
  }

  #visitStruct(node: SourceNode, values: Values, struct: string, path: Path): void {
    this.visit(node, values, fieldsOf(struct, this.level), structOf(struct).fields, path);
  }

  #reportKey(name: string, everywhen: readonly Field[], path: Path): void {
    const hint = this.#hints++ < MAX_HINTS ? keyHint(name, everywhen, this.level) : undefined;
    this.report.warning([...path, name], 'unused-key', `unused key ${name}`, hint);
  }

  #reportMismatch(path: Path): void {
    this.report.warning(path, 'tree-mismatch', treeMismatch(path));
  }
}
