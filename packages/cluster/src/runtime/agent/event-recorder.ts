import { randomBytes } from 'node:crypto';
import type { ObjectAccess } from '@longshore/apiserver';
import { formatTime, hasReason, type KubeObject } from '@longshore/kube';

interface EventObject extends KubeObject {
  count?: number;
  lastTimestamp?: string;
}

/** Something to tell of an object. */
export interface Happening {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** `spec.containers{registry}` */
  fieldPath?: string;
}

const REMEMBERED = 500;

/** Writes events as the components of Kubernetes do: what happens again counts up the same event. */
export class EventRecorder {
  private readonly known = new Map<string, string>();

  constructor(
    private readonly objects: Pick<ObjectAccess, 'create' | 'change'>,
    private readonly component: string,
    private readonly host: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Never fails: what cannot be told does not keep from doing. */
  async tell(object: KubeObject, happening: Happening): Promise<void> {
    try {
      await this.write(object, happening);
    } catch (error) {
      // In a namespace that ends, nothing is told any more.
      if (!hasReason(error, 'Forbidden') && !hasReason(error, 'NotFound')) this.onError(error);
    }
  }

  private async write(object: KubeObject, { type, reason, message, fieldPath }: Happening): Promise<void> {
    const { name = '', namespace = 'default', uid = '', resourceVersion } = object.metadata;
    const key = JSON.stringify([uid, reason, message, fieldPath]);
    const time = formatTime(new Date());
    const before = this.known.get(key);
    if (before !== undefined) {
      try {
        await this.objects.change<EventObject>('events', namespace, before, '', (event) => {
          return { ...event, count: (event.count ?? 1) + 1, lastTimestamp: time };
        });
        return;
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error;
      }
    }
    const event = `${name.slice(0, 200)}.${randomBytes(8).toString('hex')}`;
    await this.objects.create('events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: event, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        namespace,
        uid,
        resourceVersion,
        fieldPath,
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component: this.component, ...(this.host !== '' && { host: this.host }) },
      reportingComponent: this.component,
      reportingInstance: this.host,
    });
    this.known.set(key, event);
    const [oldest] = this.known.keys();
    if (this.known.size > REMEMBERED && oldest !== undefined) this.known.delete(oldest);
  }
}
