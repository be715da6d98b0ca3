import { s, type Fields, type ResourceDefinition, type StoredBackend, type TableColumn } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';

/** A built-in kind in the words of this folder; what follows from its other words is left out. */
export interface Kind<T extends KubeObject> {
  group: string;
  version: string;
  kind: string;
  plural: string;
  /** Default: namespaced. */
  scope?: 'Cluster';
  /** A CustomResourceDefinition makes this kind in real clusters, so it behaves as one here. */
  custom?: true;
  shortNames?: readonly string[];
  categories?: readonly string[];
  description: string;
  /** With `status` among them, the kind has a status subresource. */
  fields: Fields;
  columns?: readonly TableColumn<T>[];
  scale?: ResourceDefinition['scale'];
  unservedSubresources?: ResourceDefinition['unservedSubresources'];
  selectableFields?: Readonly<Record<string, (object: T) => string>>;
  stored?: Omit<StoredBackend<T>, 'type'>;
}

/** A definition of a kind that is stored. */
export function defineKind<T extends KubeObject = KubeObject>({
  description,
  fields,
  stored = {},
  scope,
  ...kind
}: Kind<T>): ResourceDefinition {
  const definition: ResourceDefinition<T> = {
    ...kind,
    columns: kind.columns as readonly TableColumn[] | undefined,
    singular: kind.kind.toLowerCase(),
    scope: scope ?? 'Namespaced',
    schema: s.object(description, fields).schema,
    ...('status' in fields && { status: true }),
    backend: { type: 'stored', ...stored },
  };
  // Hooks of a kind are only ever given objects of that kind.
  return definition as unknown as ResourceDefinition;
}
