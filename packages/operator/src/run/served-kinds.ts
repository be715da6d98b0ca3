import {
  discoverResources,
  formatGroupResource,
  formatGroupVersion,
  type KubeClient,
  type ResourceType,
} from '@longshore/kube';
import { SECURITY_CONTEXT_CONSTRAINTS } from '../operands/node-ca.js';
import { RESOURCES } from '../names.js';

const ASKED: readonly ResourceType[] = [...Object.values(RESOURCES), SECURITY_CONTEXT_CONSTRAINTS];

/** Which of the kinds that the operator knows this cluster serves: `routes.route.openshift.io`. Errors: those of the client. */
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
