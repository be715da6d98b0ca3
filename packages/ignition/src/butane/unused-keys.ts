import { formatPath, type Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import { nodeAt, type SourceNode } from '../source/source-node.js';
import type { Field, Level } from '../schema/field.js';
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
  new KeySearch(root, level, report).visit(values, sections, everywhen, []);
}

class KeySearch {
  constructor(
    private readonly root: SourceNode,
    private readonly level: Level,
    private readonly report: Report,
  ) {}

  /** `everywhen`: the fields of all levels, for hints. */
  visit(values: Values, fields: readonly Field[], everywhen: readonly Field[], path: Path): void {
    const node = nodeAt(this.root, path);
    if (!node) return;
    if (node.kind === 'map') this.#checkKeys(node.entries, fields, everywhen, path);
    else this.#reportMismatch(path);
    for (const { name, type } of fields) {
      if (type.kind === 'struct') this.#visitStruct(objectIn(values, name), type.struct, [...path, name]);
      else if (type.kind === 'list') {
        objectsIn(values, name).forEach((item, index) => this.#visitStruct(item, type.struct, [...path, name, index]));
      }
    }
  }

  #visitStruct(values: Values, struct: string, path: Path): void {
    this.visit(values, fieldsOf(struct, this.level), structOf(struct).fields, path);
  }

  #checkKeys(entries: { name: string }[], fields: readonly Field[], everywhen: readonly Field[], path: Path): void {
    for (const { name } of entries) {
      if (fields.some((field) => field.name === name)) continue;
      this.report.warning([...path, name], 'unused-key', `unused key ${name}`, keyHint(name, everywhen, this.level));
    }
  }

  #reportMismatch(path: Path): void {
    const message = `context tree does not match content tree at ${formatPath(path)}. Line and column reporting may be inconsistent. Unused keys may not be reported`;
    this.report.warning(path, 'tree-mismatch', message);
  }
}
