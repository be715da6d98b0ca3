import {
  ApiError,
  formatGroupVersion,
  hasReason,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from '@longshore/kube';
import type { Change, Part } from '../changes/change.js';
import type { StatusWrite } from '../decide/outcome.js';
import { addressOf } from '../snapshot.js';
import type { ClusterView } from './cluster-view.js';

const FIELD_MANAGER = 'image-registry-operator';

/** What became of a pass. */
export interface WriteResult {
  /** Why something was refused, the first time for each part. */
  failures: Map<Part, string>;
  /** The operator's view was old: it has been renewed, and the pass should be repeated. */
  wasStale: boolean;
}

/** Writes what was decided. Errors: those of the client that are no answers of the API, and the signal's reason. */
export class Writer {
  /** Generations that writes have led to, by address. */
  readonly written = new Map<string, number>();

  constructor(
    private readonly client: KubeClient,
    private readonly view: ClusterView,
    private readonly onWrite: (change: Change | StatusWrite) => void,
  ) {}

  async apply(changes: readonly Change[], signal: AbortSignal): Promise<WriteResult> {
    const result: WriteResult = { failures: new Map(), wasStale: false };
    for (const change of changes) {
      await this.attempt(change.type, change.name, change.namespace, change.part, result, signal, async () => {
        await this.write(change, signal);
        this.onWrite(change);
      });
    }
    return result;
  }

  async applyStatuses(statuses: readonly StatusWrite[], signal: AbortSignal): Promise<WriteResult> {
    const result: WriteResult = { failures: new Map(), wasStale: false };
    for (const status of statuses) {
      const { type, object } = status;
      const { name = '', namespace } = object.metadata;
      await this.attempt(type, name, namespace, 'status', result, signal, async () => {
        const isNew = object.metadata.resourceVersion === undefined;
        const options = { fieldManager: FIELD_MANAGER, signal };
        const { metadata } = isNew ? await this.client.create(type, object, options) : object;
        this.view.note(type, await this.client.updateStatus(type, { ...object, metadata }, options));
        this.onWrite(status);
      });
    }
    return result;
  }

  /** Refusals are noted; when others were faster, what is there is read. */
  private async attempt(
    type: ResourceType,
    name: string,
    namespace: string | undefined,
    part: Part,
    result: WriteResult,
    signal: AbortSignal,
    write: () => Promise<void>,
  ): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isStale(error)) {
        result.wasStale = true;
        await this.refresh(type, name, namespace, signal);
      } else if (!result.failures.has(part)) {
        const where = `${namespace === undefined ? '' : `Namespace=${namespace}, `}Name=${name}`;
        const what = `${type.resource}.${formatGroupVersion(type)}`;
        result.failures.set(part, `unable to apply objects: failed to write ${what}, ${where}: ${error.message}`);
      }
    }
  }

  private async write(change: Change, signal: AbortSignal): Promise<void> {
    const { type, name, namespace } = change;
    const options = { namespace, fieldManager: FIELD_MANAGER, signal };
    if (change.action === 'delete') return this.delete(change, signal);
    const object =
      change.action === 'create'
        ? await this.client.create(type, change.object, options)
        : change.action === 'update'
          ? await this.client.update(type, change.object, options)
          : await this.client.patch(type, name, { type: 'merge', patch: change.patch }, options);
    this.view.note(type, object);
    const { generation } = object.metadata;
    if (generation !== undefined) this.written.set(addressOf(type, name, namespace), generation);
  }

  private async delete(
    { type, name, namespace, ...change }: Change & { action: 'delete' },
    signal: AbortSignal,
  ): Promise<void> {
    const preconditions = change.uid === undefined ? {} : { preconditions: { uid: change.uid } };
    const options = {
      namespace,
      propagationPolicy: 'Foreground',
      gracePeriodSeconds: 0,
      ...preconditions,
      signal,
    } as const;
    await this.client.delete(type, name, options);
    await this.refresh(type, name, namespace, signal);
  }

  private async refresh(
    type: ResourceType,
    name: string,
    namespace: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const object = await this.client.find(type, name, { namespace, signal });
    const metadata: KubeObject['metadata'] = { name, ...(namespace !== undefined && { namespace }) };
    if (object === undefined) this.view.forget(type, { apiVersion: '', kind: '', metadata });
    else this.view.note(type, object);
  }
}

/** The cluster is not what it was when the write was decided. */
function isStale(error: ApiError): boolean {
  return hasReason(error, 'Conflict') || hasReason(error, 'AlreadyExists') || hasReason(error, 'NotFound');
}
