import type { KubeObject, Schema, Status, StatusCause } from '@longshore/kube';
import type { UserInfo } from './access/access.js';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export type Scope = 'Namespaced' | 'Cluster';

/** A kind of object and how it is served. Everything that a server offers comes from these, as data. */
export interface ResourceDefinition<T extends KubeObject = KubeObject> {
  group: string;
  version: string;
  /** `deployments` */
  plural: string;
  /** `deployment` */
  singular: string;
  kind: string;
  /** Default: the kind and `List`. */
  listKind?: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  scope: Scope;
  /** Each object stands for the namespace of its name: rights that are given in that namespace reach it (projects). */
  standsForNamespace?: boolean;
  /** Made by a CustomResourceDefinition: its objects always say their kind, also in lists, and keep nulls. */
  custom?: boolean;
  /** Of the whole object, without `apiVersion`, `kind` and `metadata`, which every object has. */
  schema: Schema;
  /** Columns behind `Name`, unless one of a built-in kind has this name; default: only `Age`. */
  columns?: readonly TableColumn[];
  /** How objects are stored, or what answers instead of a store. */
  backend: StoredBackend<T> | VirtualBackend<T>;
  /** `status`: written only through its subresource. */
  status?: boolean;
  scale?: ScalePaths;
  /** Further subresources by name: `token` of service accounts, `layers` of image streams. */
  subresources?: Readonly<Record<string, Subresource>>;
  /** Subresources that clients of Kubernetes ask for and that are not served, with what they are told. */
  unservedSubresources?: Readonly<Record<string, string>>;
  /** Field selectors beside `metadata.name` and `metadata.namespace`: path to the value as text. */
  selectableFields?: Readonly<Record<string, (object: T) => string>>;
  deprecationWarning?: string;
}

/** Objects that are kept. Each hook is pure but for its context. */
export interface StoredBackend<T extends KubeObject = KubeObject> {
  type: 'stored';
  /** Default: all. */
  verbs?: readonly Verb[];
  /** Fills what the client left out and the schema cannot express. Changes the object in place. */
  setDefaults?(object: T): void;
  /** Before validation of a new object: clears and sets what the server owns. Changes the object in place. */
  prepareForCreate?(object: T, context: WriteContext): void | Promise<void>;
  /** As above, with the object that it replaces. `generation` and `status` are already taken care of. */
  prepareForUpdate?(object: T, old: T, context: WriteContext): void | Promise<void>;
  /** Problems beyond the schema, as Kubernetes words them. */
  validate?(object: T, context: WriteContext): StatusCause[] | Promise<StatusCause[]>;
  validateUpdate?(object: T, old: T, context: WriteContext): StatusCause[] | Promise<StatusCause[]>;
  validateStatusUpdate?(object: T, old: T, context: WriteContext): StatusCause[];
  /** Which names are valid. Default: `subdomain` (RFC 1123 subdomain). */
  name?: 'subdomain' | 'label' | 'path-segment';
  /** Parts of the object that count as its specification for `generation`. Default: all but metadata and status. */
  generationFields?: readonly string[];
  /** Whether `generation` is kept at all. Default: when there is a `spec` in the schema. */
  generation?: boolean;
  /** May an update come without a resource version? Default true. */
  unconditionalUpdate?: boolean;
  /** Is PUT on a name that does not exist a creation? Default false. */
  createOnUpdate?: boolean;
  /** Warnings for the writer (RFC 7234 Warning header, code 299). */
  warnings?(object: T, old?: T): string[];
  /** What graceful deletion this kind has: seconds, 0 when the object goes at once (default). */
  gracePeriodSeconds?(object: T): number;
  /** Before an object is stored as being deleted, because finalizers or its grace period hold it: `phase: Terminating`. */
  prepareForDelete?(object: T, context: WriteContext): void;
  /** Finalizers that an object gets when it is deleted. */
  deletionFinalizers?: readonly string[];
  /** Deletion waits for `spec.finalizers` too, which only the `finalize` subresource changes: namespaces. */
  specFinalizers?: boolean;
  /** Is the answer to a deletion the last state of the object (pods, services)? Default: a Status. */
  returnDeletedObject?: boolean;
  /** What deletion does with dependents when the client says nothing. Default `background`. */
  defaultPropagation?: 'background' | 'orphan';
  /** Asked before the store when one object is read; undefined leaves it to the store. For names such as `~`, the asker. */
  resolve?(name: string, request: VirtualRequest): Promise<T | undefined>;
  /** How objects are kept, where that is not how they are shown: what is computed is left out, what repeats is packed. */
  storedForm?: StoredForm<T>;
  /** After a write has been stored, for the owner of the definition (in-memory indexes and the like). Never throws. */
  afterWrite?(object: T | undefined, old: T | undefined): void;
}

/** Both are pure, and `unpack(pack(object))` is the object, with what is computed as it is now. */
export interface StoredForm<T extends KubeObject = KubeObject> {
  pack(object: T): KubeObject;
  unpack(stored: KubeObject): T;
  /** JSON of fields of what `pack` has made, where it is known: large ones of which little changes. */
  json?(stored: KubeObject): Readonly<Record<string, string>>;
}

export interface WriteContext {
  user: UserInfo;
  dryRun: boolean;
  /** The time that the server puts into objects. */
  now: Date;
  signal: AbortSignal;
  /** Reads and writes other objects as the server itself. */
  objects: ObjectAccess;
}

/** Objects of any defined kind, without access checks: for hooks, for virtual resources, for what runs in this process. */
export interface ObjectAccess {
  /**
   * The same objects, but all that it gives is shared by all who read it so, and must not be changed: for large objects that
   * are read often. What a change returns may share parts with what it was given.
   */
  readonly shared: Pick<ObjectAccess, 'get' | 'list' | 'watch' | 'change' | 'commit'>;
  get<T extends KubeObject = KubeObject>(
    resource: ResourceName,
    namespace: string,
    name: string,
  ): Promise<T | undefined>;
  /** Without a namespace: of all. */
  list<T extends KubeObject = KubeObject>(
    resource: ResourceName,
    namespace?: string,
  ): Promise<{ items: T[]; resourceVersion: string }>;
  /**
   * Every change behind the resource version, in order. With `progressEvery`, a `BOOKMARK` tells the version up to which all
   * has come: at the beginning, behind changes, and when there were none for so many milliseconds. Errors: ApiError `Expired`
   * when some changes are forgotten.
   */
  watch<T extends KubeObject = KubeObject>(
    resource: ResourceName,
    resourceVersion: string,
    signal: AbortSignal,
    namespace?: string,
    progressEvery?: number,
  ): AsyncIterable<WatchEvent<T>>;
  /** Errors: as the API answers them (ApiError). */
  create<T extends KubeObject = KubeObject>(resource: ResourceName, object: T, user?: UserInfo): Promise<T>;
  update<T extends KubeObject = KubeObject>(resource: ResourceName, object: T, user?: UserInfo): Promise<T>;
  updateStatus<T extends KubeObject = KubeObject>(resource: ResourceName, object: T, user?: UserInfo): Promise<T>;
  /** As `create`, but the object brings its status along: nobody sees it without. */
  createWithStatus<T extends KubeObject = KubeObject>(resource: ResourceName, object: T, user?: UserInfo): Promise<T>;
  /**
   * Writes what `change` makes of the object as it is, which it may change in place; asked again when somebody else was
   * faster. Part `all` is specification and status in one write, without the hook that prepares the updates of clients.
   * Errors: as the API answers them, and what `change` throws.
   */
  change<T extends KubeObject = KubeObject>(
    resource: ResourceName,
    namespace: string,
    name: string,
    part: '' | 'status' | 'all',
    change: (object: T) => T,
    options?: ChangeOptions,
  ): Promise<T>;
  /**
   * Several writes in one: all of them or none. Objects to be created must be complete, as what clients send is when it has
   * been decoded; they are changed in place to what is stored. Errors: those of `create` and `change`, of the first that is
   * refused; StoreError `TOO_LARGE` also when the objects are together what one must not be.
   */
  commit(writes: readonly ObjectWrite[], options?: ChangeOptions): Promise<KubeObject[]>;
  delete(resource: ResourceName, namespace: string, name: string, user?: UserInfo): Promise<void>;
}

/** A write of {@link ObjectAccess.commit}. */
export type ObjectWrite =
  { type: 'create'; resource: ResourceName; object: KubeObject } | ({ type: 'change' } & ObjectChange);

/** What {@link ObjectAccess.change} is told. */
export interface ObjectChange<T extends KubeObject = KubeObject> {
  resource: ResourceName;
  namespace: string;
  name: string;
  part: '' | 'status' | 'all';
  change: (object: T) => T;
}

export interface ChangeOptions {
  /** Who the writer is. Default: the server itself. */
  user?: UserInfo;
  /** Nothing is stored. */
  dryRun?: boolean;
}

/** `pods`, `deployments.apps`: the group resource as Kubernetes prints it. */
export type ResourceName = string;

/** Objects that are computed when asked for: access reviews, `users/~`, projects, image stream tags. */
export interface VirtualBackend<T extends KubeObject = KubeObject> {
  type: 'virtual';
  create?(object: T, request: VirtualRequest): Promise<KubeObject>;
  get?(name: string, request: VirtualRequest): Promise<T>;
  list?(request: VirtualRequest): Promise<{ items: T[]; resourceVersion: string }>;
  /** Instead of `list`: tells who asks whether it may create (OpenShift's project requests). */
  listStatus?(request: VirtualRequest): Promise<Status>;
  update?(object: T, request: VirtualRequest): Promise<T>;
  delete?(name: string, request: VirtualRequest, preconditions: Preconditions): Promise<KubeObject>;
  /**
   * Changes behind the resource version; the server filters by selectors and encodes. Those who want bookmarks get them where
   * it tells its progress, as {@link ObjectAccess.watch} does.
   */
  watch?(resourceVersion: string, request: VirtualRequest, progressEvery: number): AsyncIterable<WatchEvent<T>>;
  /** Milliseconds after which a request is ended; what asks other servers needs more than the usual minute. */
  timeoutMs?: number;
  /** Access reviews create nothing, so they answer 201 without `metadata.creationTimestamp`, and take any name. */
  review?: boolean;
}

/** What an object must still be for a write to happen (metav1.Preconditions). */
export interface Preconditions {
  uid?: string;
  resourceVersion?: string;
}

export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
  /** What the object was before a change, where that is known. */
  old?: () => T | undefined;
}

export interface VirtualRequest extends WriteContext {
  namespace: string;
  query: URLSearchParams;
  /** Tells who asks what else they should know (Warning header, code 299). */
  warn(text: string): void;
}

export interface Subresource {
  kind: string;
  group?: string;
  version?: string;
  schema: Schema;
  get?(name: string, request: VirtualRequest): Promise<KubeObject>;
  /** Instead of `get`: plain text, for as long as it comes: logs. Such requests may last, as watches do. */
  text?(name: string, request: VirtualRequest): Promise<AsyncIterable<Buffer>>;
  create?(name: string, object: KubeObject, request: VirtualRequest): Promise<KubeObject>;
  update?(name: string, object: KubeObject, request: VirtualRequest): Promise<KubeObject>;
}

/** JSON paths as custom resource definitions have them: `.spec.replicas`. */
export interface ScalePaths {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

/** A column of `kubectl get` (metav1.TableColumnDefinition). */
export interface TableColumn<T extends KubeObject = KubeObject> {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: string;
  description?: string;
  /** 0 is always shown, 1 with `-o wide`. Default 0. */
  priority?: number;
  /** The cell, or a JSON path as custom resource definitions have it (dates become ages). */
  value: string | ((object: T, now: Date) => string | number | boolean | null);
}
