import type { ObjectAccess } from '@longshore/apiserver';
import { ApiError, hasReason, type KubeObject } from '@longshore/kube';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';

/** Makes and deletes the pods of one kind of owner, and tells of it. */
export class PodControl {
  constructor(
    private readonly objects: ObjectAccess,
    private readonly events: EventRecorder,
  ) {}

  /** Errors: as the API answers them; what it refuses is told as an event, too. */
  async create(owner: KubeObject, pod: KubeObject): Promise<Pod> {
    try {
      const made = await this.objects.create<Pod>('pods', pod as Pod);
      const message = `Created pod: ${made.metadata.name}`;
      await this.events.tell(owner, { type: 'Normal', reason: 'SuccessfulCreate', message });
      return made;
    } catch (error) {
      if (error instanceof ApiError) {
        const message = `Error creating: ${error.message}`;
        await this.events.tell(owner, { type: 'Warning', reason: 'FailedCreate', message });
      }
      throw error;
    }
  }

  async remove(owner: KubeObject, { metadata: { namespace = '', name = '' } }: Pod): Promise<void> {
    try {
      await this.objects.delete('pods', namespace, name);
    } catch (error) {
      if (hasReason(error, 'NotFound')) return;
      throw error;
    }
    const message = `Deleted pod: ${name}`;
    await this.events.tell(owner, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }
}

/** Writes a status when it is another one; not when the object is gone. */
export async function writeStatus<T extends KubeObject & { status?: unknown }>(
  objects: ObjectAccess,
  resource: string,
  { metadata: { namespace = '', name = '', uid } }: T,
  status: T['status'],
): Promise<void> {
  await objects
    .change<T>(resource, namespace, name, 'status', (object) =>
      object.metadata.uid === uid ? { ...object, status: JSON.parse(JSON.stringify(status)) as T['status'] } : object,
    )
    .catch(ignoreMissing);
}

/** For what may be gone already: an error that says so is none. */
export function ignoreMissing(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}
