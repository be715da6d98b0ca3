import type { KubeObject, ResourceType } from '@longshore/kube';
import { CHECKSUM, RESOURCES, SPEC_HASH } from '../names.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import { differences } from './differences.js';

/** The concern that a change belongs to: failures of one do not stop the others. */
export type Part = 'config' | 'registry' | 'certificates' | 'nodeCa' | 'pruner' | 'monitoring' | 'status';

/** One write. */
export type Change = { part: Part; type: ResourceType; name: string; namespace?: string; detail: string[] } & (
  | { action: 'create'; object: KubeObject }
  /** `object` is whole, and carries the resource version that it is based on. */
  | { action: 'update'; object: KubeObject }
  | { action: 'patch'; patch: object }
  | { action: 'delete'; uid?: string }
);

const OTHER_FIELDS = new Set(['apiVersion', 'kind', 'metadata', 'status']);

function headOf(part: Part, type: ResourceType, { metadata }: KubeObject) {
  const { name = '', namespace } = metadata;
  return { part, type, name, ...(namespace !== undefined && { namespace }) };
}

/** The write that makes an object what it should be; none when it is. */
export function changeFor(part: Part, wanted: Wanted, snapshot: Snapshot): Change | undefined {
  const { type, object, createOnly } = wanted;
  const head = headOf(part, type, object);
  const live = snapshot.find(type, head.name, head.namespace);
  if (live === undefined) return { ...head, action: 'create', object, detail: [] };
  // What is being deleted comes back once it is gone.
  if (createOnly || live.metadata.deletionTimestamp !== undefined) return undefined;
  const detail = objectDifferences(wanted, live);
  return detail.length === 0 ? undefined : { ...head, action: 'update', object: updated(wanted, live), detail };
}

export function deletion(part: Part, type: ResourceType, object: KubeObject): Change {
  const { uid } = object.metadata;
  return { ...headOf(part, type, object), action: 'delete', detail: [], ...(uid !== undefined && { uid }) };
}

function objectDifferences({ type, object, generation }: Wanted, live: KubeObject): string[] {
  const { labels, annotations } = object.metadata;
  const isSecret = type.resource === RESOURCES.secrets.resource;
  const fields = Object.keys(object).filter((field) => !OTHER_FIELDS.has(field));
  const found = [
    ...differences(labels ?? {}, live.metadata.labels, 'metadata.labels', false),
    ...differences(annotations ?? {}, live.metadata.annotations, 'metadata.annotations', false),
    ...fields.flatMap((field) => differences(object[field], live[field], field, field !== 'spec')),
  ];
  const edited = generation !== undefined && live.metadata.generation !== generation;
  if (edited && found.length === 0) found.push('metadata.generation: somebody else changed the object');
  // Sums change with what they are of, which says more.
  const telling = found.filter((text) => ![CHECKSUM, SPEC_HASH].some((mark) => text.includes(mark)));
  // Routes hold a copy of the key of their certificate.
  return (telling.length > 0 ? telling : found).map((text) =>
    isSecret || text.startsWith('spec.tls') ? text.replace(/: .*/s, ': differs') : text,
  );
}

/** Kinds of which others fill in parts of the specification that must stay. */
const SHARED_SPECS: readonly string[] = [RESOURCES.services.resource, RESOURCES.routes.resource];

function updated({ type, object }: Wanted, live: KubeObject): KubeObject {
  const metadata = {
    ...live.metadata,
    labels: { ...live.metadata.labels, ...object.metadata.labels },
    annotations: { ...live.metadata.annotations, ...object.metadata.annotations },
  };
  const keepsSpec = SHARED_SPECS.includes(type.resource);
  const spec = keepsSpec ? { spec: { ...(live['spec'] as object), ...(object['spec'] as object) } } : {};
  return { ...live, ...object, ...spec, metadata };
}
