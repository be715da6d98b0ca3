import { isRecord } from './kube-object.js';

const MAX_DIFFERENCES = 5;

/** Where two JSON values differ, as `storage.disks[0].device: is "a", expected "b"`; at most five places. */
export function differencesOf(found: unknown, expected: unknown): string[] {
  const differences: string[] = [];
  compare(found, expected, '', differences);
  return differences;
}

function compare(found: unknown, expected: unknown, path: string, into: string[]): void {
  if (into.length >= MAX_DIFFERENCES) return;
  if (isRecord(found) && isRecord(expected)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      compare(found[key], expected[key], path === '' ? key : `${path}.${key}`, into);
    }
  } else if (Array.isArray(found) && Array.isArray(expected)) {
    const length = Math.max(found.length, expected.length);
    for (let index = 0; index < length; index++) compare(found[index], expected[index], `${path}[${index}]`, into);
  } else if (found !== expected) {
    into.push(`${path === '' ? 'the whole' : path}: is ${short(found)}, expected ${short(expected)}`);
  }
}

function short(value: unknown): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
