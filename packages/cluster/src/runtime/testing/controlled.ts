/** For tests: a controller on a real API server, whose turns the test takes by hand. */
import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { objectKey, type KubeObject } from '@longshore/kube';
import { KindServer } from '../../kinds/testing/kind-server.js';
import { EventRecorder, type Happening } from '../agent/event-recorder.js';

export interface Controlled {
  kinds: KindServer;
  /** Milliseconds since 1970. */
  clock: { now: number };
  /** `reason: message` of all that was told since they were asked for last. */
  told(): string[];
  /** One look at an object, or at a key. `instead`: what of the API does something else this time. */
  look(at: KubeObject | string, instead?: Partial<ObjectAccess>): ReturnType<Controller['reconcile']>;
  /** The object as it is now. */
  fresh<T extends KubeObject>(resource: string, object: KubeObject): Promise<T>;
}

/** `make`: makes the controller. */
export async function startControlled(
  make: (events: EventRecorder, now: () => number) => Controller,
): Promise<Controlled> {
  const kinds = await KindServer.start();
  const { objects } = kinds.server;
  const told: string[] = [];
  const recorder = new EventRecorder(
    {
      create: (_resource, event) => {
        const { reason, message } = event as unknown as Happening;
        told.push(`${reason}: ${message}`);
        return Promise.resolve(event);
      },
      change: () => Promise.reject(new Error('told twice')),
    },
    'test',
    '',
    () => undefined,
  );
  const clock = { now: Date.parse('2026-01-02T03:04:05Z') };
  const controller = make(recorder, () => clock.now);
  return {
    kinds,
    clock,
    told: () => told.splice(0),
    look: (at, instead = {}) => {
      const access = Object.assign(Object.create(objects) as ObjectAccess, instead);
      return controller.reconcile(typeof at === 'string' ? at : objectKey(at), access, new AbortController().signal);
    },
    fresh: async <T extends KubeObject>(resource: string, { metadata: { namespace = '', name = '' } }: KubeObject) => {
      const found = await objects.get<T>(resource, namespace, name);
      if (found === undefined) throw new Error(`no ${resource} ${name}`);
      return found;
    },
  };
}
