import { stringify } from 'yaml';

/** Objects as the files of `deploy/` have them. */
export function printYaml(objects: readonly object[]): string {
  return objects
    .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true }))
    .join('---\n');
}
