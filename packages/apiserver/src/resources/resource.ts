import {
  formatGroupVersion,
  type GroupKind,
  type GroupResource,
  type KubeObject,
  type ObjectMeta,
} from '@longshore/kube';
import type { ResourceDefinition, StoredBackend, Verb, VirtualBackend } from '../definition.js';
import type { Entry, Key } from '../store/store.js';

/** What every stored value begins with; what is behind it follows the head that names kind and resource version. */
const STORED_HEAD = '{"metadata":{';

/** Without kind, version and resource version, which the key and the revision tell. */
function toBytes(object: KubeObject): Buffer {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...fields } = object;
  const { resourceVersion: _resourceVersion, ...meta } = metadata;
  return Buffer.from(JSON.stringify({ metadata: meta, ...fields }));
}

/** A definition with what is worked out from it once: keys, and how stored bytes become answers without being parsed. */
export class Resource {
  readonly groupVersion: string;
  readonly groupResource: GroupResource;
  readonly groupKind: GroupKind;
  readonly namespaced: boolean;
  readonly listKind: string;
  readonly stored: StoredBackend | undefined;
  readonly virtual: VirtualBackend | undefined;
  readonly verbs: ReadonlySet<Verb>;
  /** Of all keys of this resource. */
  readonly keyPrefix: string;
  private readonly head: string;
  private readonly itemHead: string;

  constructor(readonly definition: ResourceDefinition) {
    const { group, version, plural, kind, scope, backend, custom } = definition;
    this.groupVersion = formatGroupVersion({ group, version });
    this.groupResource = { group, resource: plural };
    this.groupKind = { group, kind };
    this.namespaced = scope === 'Namespaced';
    this.listKind = definition.listKind ?? `${kind}List`;
    this.stored = backend.type === 'stored' ? backend : undefined;
    this.virtual = backend.type === 'virtual' ? backend : undefined;
    this.verbs = new Set(backend.type === 'stored' ? (backend.verbs ?? ALL_VERBS) : virtualVerbs(backend));
    this.keyPrefix = `/${group === '' ? 'core' : group}/${plural}/`;
    const metadata = '"metadata":{"resourceVersion":"';
    this.head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(this.groupVersion)},${metadata}`;
    // The typed lists of Kubernetes leave kind and version to the list; those of custom resources do not.
    this.itemHead = custom ? this.head : `{${metadata}`;
  }

  /** Of the keys of a namespace; of all when it is empty. */
  prefix(namespace: string): string {
    return namespace === '' ? this.keyPrefix : `${this.keyPrefix}${namespace}/`;
  }

  key(namespace: string, name: string): Key {
    return this.namespaced ? `${this.keyPrefix}${namespace}/${name}` : this.keyPrefix + name;
  }

  /** An object as it is stored. */
  bytesOf(object: KubeObject): Buffer {
    return toBytes(this.stored?.storedForm?.pack(object) ?? object);
  }

  /** Stored bytes as the whole object in JSON. */
  encode(entry: Entry): Buffer {
    return splice(this.head, this.shownBytes(entry), entry.revision);
  }

  /** Stored bytes as an item of a list. */
  encodeItem(entry: Entry): Buffer {
    return splice(this.itemHead, this.shownBytes(entry), entry.revision);
  }

  decode<T extends KubeObject = KubeObject>({ value, revision }: Entry): T {
    const { metadata, ...fields } = JSON.parse(value.toString()) as { metadata: ObjectMeta };
    metadata.resourceVersion = String(revision);
    const object = { kind: this.definition.kind, apiVersion: this.groupVersion, metadata, ...fields } as KubeObject;
    return (this.stored?.storedForm?.unpack(object) ?? object) as T;
  }

  private shownBytes(entry: Entry): Buffer {
    return this.stored?.storedForm === undefined ? entry.value : toBytes(this.decode(entry));
  }
}

const ALL_VERBS: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function virtualVerbs(backend: VirtualBackend): Verb[] {
  const verbs: Verb[] = [];
  for (const verb of ['create', 'delete', 'get', 'list', 'update', 'watch'] as const) {
    if (backend[verb] !== undefined) verbs.push(verb);
  }
  if (backend.get && backend.update) verbs.push('patch');
  if (backend.listStatus) verbs.push('list');
  return verbs;
}

function splice(head: string, value: Buffer, revision: number): Buffer {
  const front = `${head}${revision}",`;
  const bytes = Buffer.allocUnsafe(front.length + value.length - STORED_HEAD.length);
  bytes.write(front, 0, 'latin1');
  value.copy(bytes, front.length, STORED_HEAD.length);
  return bytes;
}
