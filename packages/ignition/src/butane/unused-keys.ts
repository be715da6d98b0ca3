import type { Report } from '../source/report.js';
import { formatPath, type Path } from '../source/diagnostic.js';
import { nodeAt, type SourceNode } from '../source/source-node.js';
import type { Field, Level } from '../schema/field.js';
import { fieldsOf } from '../schema/structs.js';
import { objectIn, objectsIn, type Value, type Values } from './values.js';

/**
 * Warns of keys that no field has, in the order of the schema and in each map in the order of the text (edge.md 1.2, stage 3).
 * Also of sections whose text is not the map that their values came from: null, or an alias.
 */
export function findUnusedKeys(
  root: SourceNode,
  values: Values,
  fields: readonly Field[],
  level: Level,
  report: Report,
): void {
  checkMap(root, values, fields, [], level, report);
}

function checkMap(
  root: SourceNode,
  values: Values,
  fields: readonly Field[],
  path: Path,
  level: Level,
  report: Report,
) {
  const node = nodeAt(root, path);
  if (node && node.kind !== 'map') {
    report.warning(
      path,
      'tree-mismatch',
      `context tree does not match content tree at ${formatPath(path)}. Line and column reporting may be inconsistent. Unused keys may not be reported`,
    );
  }
  if (node?.kind === 'map') {
    const names = new Set(fields.map(({ name }) => name));
    for (const { name } of node.entries) {
      if (!names.has(name)) report.warning([...path, name], 'unused-key', `unused key ${name}`);
    }
  }
  for (const { name, type } of fields) {
    const at = [...path, name];
    if (type.kind === 'struct') {
      if (node) checkMap(root, objectIn(values, name), fieldsOf(type.struct, level), at, level, report);
    } else if (type.kind === 'list') {
      objectsIn(values, name).forEach((item: Value, index) => {
        checkMap(root, item as Values, fieldsOf(type.struct, level), [...at, index], level, report);
      });
    }
  }
}
