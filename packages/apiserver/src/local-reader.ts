import {
  formatGroupResource,
  type KubeList,
  type KubeObject,
  type ListOptions,
  type ObjectReader,
  type ResourceType,
  type WatchOptions,
} from '@longshore/kube';
import type { ObjectAccess, WatchEvent } from './definition.js';
import { endOfWatch } from './watch/end-of-watch.js';

/**
 * Lists and watches as a `KubeClient` does, for what follows large objects in the process of their server: they are not written
 * and parsed once more. What it gives is shared by all who read it, and must not be changed. Errors: those of the objects;
 * `TypeError` for selectors, and for watches that do not say behind which version they begin.
 */
export class LocalReader implements ObjectReader {
  constructor(private readonly objects: Pick<ObjectAccess['shared'], 'list' | 'watch'>) {}

  async listAll<T extends KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<KubeList<T>> {
    refuseSelectors(options);
    const { items, resourceVersion } = await this.objects.list<T>(formatGroupResource(type), options.namespace);
    return { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion }, items };
  }

  async *watch<T extends KubeObject>(
    type: ResourceType,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>, void, void> {
    refuseSelectors(options);
    const { resourceVersion, namespace, signal, timeoutSeconds = Infinity } = options;
    if (resourceVersion === undefined) throw new TypeError('a watch within the process begins behind a version');
    const end = endOfWatch(signal === undefined ? [] : [signal], timeoutSeconds);
    try {
      yield* this.objects.watch<T>(formatGroupResource(type), resourceVersion, end.signal, namespace);
    } finally {
      end.clear();
    }
  }
}

function refuseSelectors({ labelSelector, fieldSelector }: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>): void {
  if (labelSelector || fieldSelector) throw new TypeError('within the process there are no selectors');
}
