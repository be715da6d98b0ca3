import type { Field, Level } from '../schema/field.js';

/** Longest key that is compared with the known ones. */
const MAX_LENGTH = 40;

/** What to write instead of an unknown key, when a field of a similar name exists (edge.md 1.10, gap 3). */
export function keyHint(key: string, fields: readonly Field[], level: Level): string | undefined {
  const later = fields.find(({ name, since }) => name === key && since > level);
  if (later) return `${key} comes with a later version (Ignition 3.${later.since}.0)`;
  if (key.length > MAX_LENGTH) return undefined;
  const plain = comparable(key);
  const known = fields.filter(({ since }) => since <= level);
  const ranked = known
    .map(({ name }) => ({ name, distance: distance(plain, comparable(name)) }))
    .toSorted((one, other) => one.distance - other.distance);
  const [best] = ranked;
  if (!best || best.distance > Math.max(1, Math.floor(plain.length / 4))) return undefined;
  return `did you mean ${best.name}?`;
}

/** `wipeTable` and `wipe-table` are both meant as `wipe_table`. */
function comparable(key: string): string {
  return key.replaceAll(/[-_]/g, '').toLowerCase();
}

/** Edits that turn one word into the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [index, otherLetter] of [...other].entries()) {
      const replaced = (row[index] ?? 0) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
