import { setMaxListeners } from 'node:events';
import { formatGroupVersion, type GroupKind, type GroupResource, type KubeObject } from '@longshore/kube';
import type { ResourceDefinition, StoredBackend, Verb, VirtualBackend } from '../definition.js';
import type { Entry, Key } from '../store/store.js';
import { ParsedObjects, type StoredObject } from './parsed-objects.js';

/** What every stored value begins with; what is behind it follows the head that names kind and resource version. */
const STORED_HEAD = '{"metadata":{';

/**
 * What is stored of an object: without kind, version and resource version, which the key and the revision tell. `json`: of
 * fields whose JSON is known.
 */
function bytesOf(object: Pick<KubeObject, 'metadata'>, json: Readonly<Record<string, string>> = {}): Buffer {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...fields } = object as KubeObject;
  const { resourceVersion: _resourceVersion, ...meta } = metadata;
  let text = '';
  for (const [field, known] of Object.entries(json)) {
    delete fields[field];
    text += `,${JSON.stringify(field)}:${known}`;
  }
  return Buffer.from(`${JSON.stringify({ metadata: meta, ...fields }).slice(0, -1)}${text}}`);
}

let count = 0;

/** A definition with what is worked out from it once: keys, and how stored bytes become answers without being parsed. */
export class Resource {
  /** What is made of a change for one definition is not for another, though they have the same names. */
  readonly id = count++;
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
  private readonly parsed = new ParsedObjects();
  private readonly ending = new AbortController();

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
    // Every watch listens.
    setMaxListeners(0, this.ending.signal);
  }

  /** Aborts when this is no longer served, or its definition is another one. */
  get ended(): AbortSignal {
    return this.ending.signal;
  }

  end(): void {
    this.ending.abort(new Error(`${this.definition.plural} are no longer served as they were`));
  }

  /** Of the keys of a namespace; of all when it is empty. */
  prefix(namespace: string): string {
    return namespace === '' ? this.keyPrefix : `${this.keyPrefix}${namespace}/`;
  }

  key(namespace: string, name: string): Key {
    return this.namespaced ? `${this.keyPrefix}${namespace}/${name}` : this.keyPrefix + name;
  }

  /** An object in the form in which it is stored, and the bytes of it. */
  pack(object: KubeObject): { packed: KubeObject; value: Buffer } {
    const form = this.stored?.storedForm;
    const packed = form?.pack(object) ?? object;
    return { packed, value: bytesOf(packed, form?.json?.(packed)) };
  }

  /** Stored bytes as the whole object in JSON. */
  encode(entry: Entry): Buffer {
    return splice(this.head, this.shownBytes(entry), entry.revision);
  }

  /** Stored bytes as an item of a list. */
  encodeItem(entry: Entry): Buffer {
    return splice(this.itemHead, this.shownBytes(entry), entry.revision);
  }

  decode<T extends KubeObject = KubeObject>(entry: Entry): T {
    return this.objectOf<T>(parse(entry), entry.revision);
  }

  /** As `decode`, but parts of the object are shared with others who read it: it must not be changed. */
  decodeShared<T extends KubeObject = KubeObject>(entry: Entry): T {
    const known = this.parsed.get(entry);
    if (known !== undefined) return this.objectOf<T>(known, entry.revision);
    const stored = parse(entry);
    this.parsed.add(entry, stored);
    return this.objectOf<T>(stored, entry.revision);
  }

  /** As `decodeShared`, but what is not known yet is not kept: for what is read once. */
  decodeToRead(entry: Entry): KubeObject {
    return this.objectOf(this.parsed.get(entry) ?? parse(entry), entry.revision);
  }

  /** Keeps what an entry was made of, which must not be changed any more, for {@link decodeShared}. */
  share(entry: Entry, stored: StoredObject): void {
    const { apiVersion: _apiVersion, kind: _kind, ...kept } = stored;
    this.parsed.add(entry, kept);
  }

  private objectOf<T extends KubeObject>({ metadata: kept, ...fields }: StoredObject, revision: number): T {
    const { kind } = this.definition;
    const metadata = { ...kept, resourceVersion: String(revision) };
    const object: KubeObject = { kind, apiVersion: this.groupVersion, metadata, ...fields };
    return (this.stored?.storedForm?.unpack(object) ?? object) as T;
  }

  private shownBytes(entry: Entry): Buffer {
    return this.stored?.storedForm === undefined ? entry.value : bytesOf(this.decodeShared(entry));
  }
}

function parse({ value }: Entry): StoredObject {
  return JSON.parse(value.toString()) as StoredObject;
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
