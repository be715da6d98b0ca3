/** An object of the cluster as the API gives it; its parts are looked at with care, as it may come from a file. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations: Record<string, unknown> };
  [field: string]: unknown;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of keys; undefined as soon as one is missing. */
export function fieldOf(value: unknown, ...path: string[]): unknown {
  let at = value;
  for (const key of path) at = isRecord(at) ? at[key] : undefined;
  return at;
}

/** The objects in a value: one object, or a list of them; none for anything else. */
export function kubeObjectsIn(value: unknown): KubeObject[] {
  if (!isRecord(value)) return [];
  if (typeof value['kind'] === 'string' && value['kind'].endsWith('List') && Array.isArray(value['items'])) {
    // Items of typed lists leave out what the list says already.
    const kind = value['kind'].slice(0, -'List'.length);
    return value['items'].flatMap((item) =>
      kubeObjectsIn(isRecord(item) && kind !== '' ? { kind, apiVersion: value['apiVersion'], ...item } : item),
    );
  }
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !isRecord(metadata)) return [];
  const { name, namespace, annotations } = metadata;
  if (typeof name !== 'string') return [];
  return [
    {
      ...value,
      apiVersion,
      kind,
      metadata: {
        name,
        ...(typeof namespace === 'string' ? { namespace } : {}),
        annotations: isRecord(annotations) ? annotations : {},
      },
    },
  ];
}
