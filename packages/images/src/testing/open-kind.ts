import type { ResourceDefinition } from '@longshore/apiserver';

/** For tests: a kind of another group, which is kept as it is given. */
export function openKind(
  group: string,
  kind: string,
  plural: string,
  more: Partial<ResourceDefinition> = {},
): ResourceDefinition {
  return {
    group,
    version: 'v1',
    kind,
    plural,
    singular: kind.toLowerCase(),
    scope: 'Namespaced',
    schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    backend: { type: 'stored', generation: false },
    ...more,
  };
}
