import type { ResourceDefinition, TableColumn } from '@longshore/apiserver';
import { IMAGE_GROUP, type KubeObject } from '@longshore/kube';

/** A kind of `image.openshift.io/v1` whose columns and hooks are written for its own type. */
export type KindDefinition<T extends KubeObject> = Omit<
  ResourceDefinition<T>,
  'group' | 'version' | 'singular' | 'columns'
> & { columns?: readonly TableColumn<T>[] };

/** The definition as API servers take it. */
export function defineKind<T extends KubeObject>(definition: KindDefinition<T>): ResourceDefinition {
  const singular = definition.kind.toLowerCase();
  // Columns and hooks are only ever given objects of their kind.
  return { group: IMAGE_GROUP, version: 'v1', singular, ...definition } as unknown as ResourceDefinition;
}
