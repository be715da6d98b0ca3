import type { ResourceDefinition } from '../definition.js';
import { nameOf } from '../schema/names.js';

/** Groups whose Go package is not called after the first word of the group. */
const PACKAGES: Record<string, string> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
};

/** The beginning of the names of a group's kinds: `io.k8s.api.apps.v1`, `com.github.openshift.api.route.v1`, `com.example.v1`. */
export function packageName(group: string, version: string, custom = false): string {
  const [first = '', ...rest] = group.split('.');
  const known = Object.hasOwn(PACKAGES, group) ? PACKAGES[group] : undefined;
  if (custom) return [...group.split('.').reverse(), version].join('.');
  if (known !== undefined) return `${known}.${version}`;
  if (rest.length === 0 || group.endsWith('.k8s.io')) return `io.k8s.api.${first}.${version}`;
  if (group.endsWith('.openshift.io')) return `com.github.openshift.api.${first}.${version}`;
  return [...group.split('.').reverse(), version].join('.');
}

/** The name of a kind in OpenAPI documents. */
export function componentName({ group, version, kind, schema, custom }: ResourceDefinition): string {
  return nameOf(schema) ?? `${packageName(group, version, custom)}.${kind}`;
}
