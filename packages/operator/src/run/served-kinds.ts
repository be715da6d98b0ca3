import {
  discoverResources,
  formatGroupResource,
  formatGroupVersion,
  type KubeClient,
  type ResourceType,
} from '@longshore/kube';
import { SECURITY_CONTEXT_CONSTRAINTS } from '../operands/node-ca.js';
import { RESOURCES } from '../names.js';

/** Nothing is decided by image streams: that the API of images is away stops nobody. */
const { imageStreams: _, ...DECISIVE } = RESOURCES;
const ASKED: readonly ResourceType[] = [...Object.values(DECISIVE), SECURITY_CONTEXT_CONSTRAINTS];

/** Which of the kinds that decisions depend on this cluster serves: `routes.route.openshift.io`. Errors: those of the client. */
export async function servedKinds(client: KubeClient, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const versions = new Map(ASKED.map((type) => [formatGroupVersion(type), type]));
  const lists = await Promise.all(
    [...versions.values()].map(async (type) => {
      const resources = await discoverResources(client, type, { signal });
      return resources.map(({ name }) => formatGroupResource({ group: type.group, resource: name }));
    }),
  );
  const served = new Set(lists.flat());
  return new Set(ASKED.map(formatGroupResource).filter((kind) => served.has(kind)));
}
