import { stringify } from 'yaml';

/** A value of the registry's configuration as a YAML scalar: `"12345"` keeps its quotes, so that it stays a text (operator.md 4.1). */
export function scalar(value: string | number | boolean): string {
  return stringify(value, { version: '1.1', lineWidth: 0 }).trimEnd();
}
