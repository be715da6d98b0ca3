import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Level } from '../schema/field.js';
import { structOf } from '../schema/structs.js';
import { jsonFieldsOf, type JsonObject } from './decode.js';
import { itemKey } from './item-key.js';

/** Reports items of lists whose key came before (edge.md 1.2, stage 7): the second one is at fault. */
export function findDuplicates(
  object: JsonObject,
  level: Level,
  report: Report,
  struct = 'Config',
  path: Path = [],
): void {
  const fields = jsonFieldsOf(struct, level);
  const shared = structOf(struct).shared ?? [];
  const sharedKeys = new Set<string>();
  for (const { json = '', type } of fields) {
    const value = object[json];
    if (!Array.isArray(value) || (type.kind !== 'list' && type.kind !== 'strings') || type.append) continue;
    const keys = shared.includes(json) ? sharedKeys : new Set<string>();
    value.forEach((item, index) => {
      const key = itemKey(item, type);
      if (keys.has(key)) report.error([...path, json, index], 'duplicate');
      keys.add(key);
    });
  }
  for (const { json = '', type } of fields) {
    const value = object[json];
    if (value === undefined) continue;
    if (type.kind === 'struct') findDuplicates(value as JsonObject, level, report, type.struct, [...path, json]);
    if (type.kind === 'list') {
      (value as JsonObject[]).forEach((item, index) => {
        findDuplicates(item, level, report, type.struct, [...path, json, index]);
      });
    }
  }
}
