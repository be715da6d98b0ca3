import { yamlText } from './yaml-text.js';

/** What the YAML is to hold: maps are merged key by key, lists with keys entry by entry, everything else is replaced. */
export type Wanted = string | number | boolean | null | string[] | WantedList | { [key: string]: Wanted };

/** A list whose entries are found by some of their keys; entries that are not wanted stay as they are. */
export interface WantedList {
  items: ({ [key: string]: Wanted } | string)[];
  /** Keys that tell whether an entry is the wanted one; texts are compared themselves. */
  by: string[];
  /** Entries are known to be there; one that is not written out (an alias, a merge key) must not be added again. */
  areThere?: true;
}

/** Whether it is a list whose entries are found by keys. */
export function isWantedList(wanted: Wanted): wanted is WantedList {
  return typeof wanted === 'object' && wanted !== null && Array.isArray((wanted as { items?: unknown }).items);
}

/** YAML reads 100 and "100" differently, and annotations must be text; but text that JSON finds equal is left as it is. */
export function sameScalar(present: unknown, wanted: Wanted): boolean {
  if (present === wanted) return true;
  if (typeof present !== 'string' || typeof wanted !== 'string' || !/^\s*[{[]/.test(wanted)) return false;
  try {
    return canonical(JSON.parse(present)) === canonical(JSON.parse(wanted));
  } catch {
    return false;
  }
}

/** JSON text with sorted keys: equal for values that differ in the order of keys only. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The plain value, lists without their keys. */
export function plain(wanted: Wanted): unknown {
  if (Array.isArray(wanted)) return wanted;
  if (isWantedList(wanted)) return wanted.items.map(plain);
  if (typeof wanted !== 'object' || wanted === null) return wanted;
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, plain(value)]));
}

/** JSON is YAML in flow style. */
export function flowText(wanted: Wanted): string {
  return JSON.stringify(plain(wanted));
}

/** An entry of a block list as YAML. */
export function listItem(item: Wanted, indent: number): string {
  return indented(yamlText([plain(item)]), indent);
}

/** A block moved to the right. */
export function indented(block: string, indent: number): string {
  return block.replaceAll(/^(?=.)/gm, ' '.repeat(indent));
}
