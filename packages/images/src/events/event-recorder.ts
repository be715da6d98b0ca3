import { createHash } from 'node:crypto';
import { formatTime, hasReason, systemClock, type Clock, type KubeClient, type KubeObject } from '@longshore/kube';

export interface EventRecorderOptions {
  client: KubeClient;
  /** Who reports: `image-trigger-controller`. */
  component: string;
  clock?: Clock;
}

interface Happening {
  type: 'Normal' | 'Warning';
  /** In one word. */
  reason: string;
  message: string;
}

interface Event extends KubeObject {
  count?: number;
}

const EVENTS = { group: '', version: 'v1', resource: 'events' };
/** Bytes that Kubernetes lets a message have. */
const MAX_MESSAGE_LENGTH = 1024;
const MAX_NAME_LENGTH = 253;

/** Tells those who look at an object what happened to it, by Events (`v1`). One that is there already is counted up. */
export class EventRecorder {
  constructor(private readonly options: EventRecorderOptions) {}

  /** Something that should be so. Errors: those of the client. */
  note(object: KubeObject, reason: string, message: string, signal: AbortSignal): Promise<void> {
    return this.#write(object, { type: 'Normal', reason, message }, signal);
  }

  /** Something that should not be so. Errors: those of the client. */
  warn(object: KubeObject, reason: string, message: string, signal: AbortSignal): Promise<void> {
    return this.#write(object, { type: 'Warning', reason, message }, signal);
  }

  async #write(object: KubeObject, { type, reason, message }: Happening, signal: AbortSignal): Promise<void> {
    const { client, component, clock = systemClock } = this.options;
    const { namespace = '', name: objectName = '', uid = '', resourceVersion = '' } = object.metadata;
    const now = formatTime(new Date(clock.now()));
    const name = eventName(objectName, [uid, component, reason, message]);
    const event: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        namespace,
        name: objectName,
        uid,
        resourceVersion,
      },
      type,
      reason,
      message: message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH - 3)}...` : message,
      source: { component },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    try {
      await client.create(EVENTS, event, { signal });
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      const { count = 1 } = await client.get<Event>(EVENTS, name, { namespace, signal });
      const again = { count: count + 1, lastTimestamp: now };
      await client.patch(EVENTS, name, { type: 'merge', patch: again }, { namespace, signal });
    }
  }
}

/** The same for the same event, so that it is counted rather than repeated. */
function eventName(objectName: string, parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  const start = objectName.slice(0, MAX_NAME_LENGTH - hash.length - 1).replace(/[.-]{1,253}$/, '');
  return `${start}.${hash}`;
}
