import type { Path } from '../source/diagnostic.js';
import { treeMismatch } from '../source/tree-mismatch.js';
import type { Report } from '../source/report.js';
import { entryOf, type SourceNode } from '../source/source-node.js';
import type { Level } from '../schema/field.js';
import { jsonFieldsOf } from './decode.js';

/** Warns of keys of an Ignition config that its version does not have, and of objects that are null. */
export function findUnusedJsonKeys(
  node: SourceNode,
  level: Level,
  report: Report,
  struct = 'Config',
  path: Path = [],
): void {
  if (node.kind !== 'map') {
    report.warning(path, 'tree-mismatch', treeMismatch(path));
    return;
  }
  const fields = jsonFieldsOf(struct, level);
  const names = new Set(fields.map(({ json }) => json));
  for (const { name } of node.entries) {
    if (!names.has(name)) report.warning([...path, name], 'unused-key', `unused key ${name}`);
  }
  for (const { json = '', type, referenceUntil } of fields) {
    const value = entryOf(node, json)?.value;
    // What is held by reference is not there at all when it is null.
    if (!value || (value.kind === 'scalar' && referenceUntil >= level)) continue;
    if (type.kind === 'struct') findUnusedJsonKeys(value, level, report, type.struct, [...path, json]);
    if (type.kind === 'list' && value.kind === 'list') {
      value.items.forEach((item, index) => {
        findUnusedJsonKeys(item, level, report, type.struct, [...path, json, index]);
      });
    }
  }
}
