import type { ReleaseComponent } from './image-references.js';
import { ReleaseError } from './release-error.js';

/** What components are built of, as their images say: `kubernetes`, `machine-os`. */
export interface ComponentVersion {
  name: string;
  version: string;
  displayName: string;
  /** The components that say so. */
  tags: string[];
}

const VERSIONS = 'io.openshift.build.versions';
const DISPLAY_NAMES = 'io.openshift.build.version-display-names';
const KEY = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const VALUE = /^\d[0-9A-Za-z.+-]{0,127}$/;

/**
 * The versions that annotations of components name, in the order of their names (mirror.md 1.7). What two components say
 * differently, and what is no version, is a warning; the first one counts.
 */
export function componentVersions(components: readonly ReleaseComponent[]): {
  versions: ComponentVersion[];
  warnings: string[];
} {
  const found = new Map<string, ComponentVersion>();
  const warnings: string[] = [];
  for (const { name: tag, annotations } of components) {
    const displayNames = new Map(pairsOf(annotations[DISPLAY_NAMES]));
    for (const [name, version] of pairsOf(annotations[VERSIONS])) {
      const displayName = displayNames.get(name) ?? '';
      if (!KEY.test(name) || !VALUE.test(version)) {
        warnings.push(`the image ${tag} has a version that cannot be read: ${name}=${version}`);
        continue;
      }
      const known = found.get(name);
      if (known === undefined) found.set(name, { name, version, displayName, tags: [tag] });
      else {
        known.tags.push(tag);
        if (known.version !== version || known.displayName !== displayName) {
          warnings.push(`the images ${known.tags[0]} and ${tag} report different versions or names for ${name}`);
        }
      }
    }
  }
  return { versions: [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), warnings };
}

/** What versions may be given of (mirror.md 3.1). */
const GIVEN = ['kubernetes', 'machine-os', 'kernel', 'crio', 'kubectl', 'kubernetes-tests'];

/** Reads versions that a user gives in place of those that images name: `k=v,k=v`. Errors: ReleaseError USAGE. */
export function parseComponentVersions(text: string): Map<string, string> {
  const pairs = pairsOf(text);
  for (const [name, version] of pairs) {
    if (!GIVEN.includes(name))
      throw new ReleaseError('USAGE', `${JSON.stringify(name)} is none of ${GIVEN.join(', ')}`);
    if (!VALUE.test(version))
      throw new ReleaseError('USAGE', `${JSON.stringify(`${name}=${version}`)} names no version`);
  }
  return new Map(pairs);
}

/** `k=v,k=v` */
function pairsOf(text = ''): [string, string][] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [key = '', ...rest] = part.split('=');
      return [key, rest.join('=')];
    });
}
