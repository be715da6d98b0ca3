import { setMaxListeners } from 'node:events';
import {
  applyMergePatch,
  formatGroupResource,
  type JsonObject,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from '@longshore/kube';
import { decide, type Decision } from '../decide/decide.js';
import { CLUSTER, NAMESPACE, PRUNER, REGISTRY, RESOURCES } from '../names.js';
import { hasOptionalAlerts } from '../monitoring/monitoring-objects.js';
import { NODE_CA } from '../operands/node-ca.js';
import { OWN_COMMANDS, type Release } from '../release.js';
import { servedKinds } from '../run/served-kinds.js';
import { WATCHED_OBJECTS } from '../run/watched.js';
import { Snapshot } from '../snapshot.js';

/** What a user wants: merged into what is there, as `kubectl patch --type merge` does. */
export interface Wish {
  config?: KubeObject | undefined;
  pruner?: KubeObject | undefined;
}

export interface PlanOptions {
  client: KubeClient;
  wish: Wish;
  /** Default: what the running registry says. */
  release: Partial<Release>;
  signal: AbortSignal;
}

/** What the operator would do in this cluster if the wish were its custom resources. Writes nothing. Errors: those of the client. */
export async function planOperator({ client, wish, release, signal }: PlanOptions): Promise<Decision> {
  const own = AbortSignal.any([signal]);
  setMaxListeners(0, own); // each of the requests listens
  const snapshot = await readSnapshot(client, own);
  return decide({
    config: wished(snapshot.find(RESOURCES.configs, CLUSTER), wish.config),
    pruner: wished(snapshot.find(RESOURCES.imagePruners, CLUSTER), wish.pruner),
    snapshot,
    storage: {},
    now: new Date(),
    random: { httpSecret: 'random' },
    release: { ...runningRelease(snapshot), ...release },
    issuesCertificates: true,
    optionalAlerts: hasOptionalAlerts(snapshot),
  });
}

function wished(live: KubeObject | undefined, wish: KubeObject | undefined): KubeObject | undefined {
  if (live === undefined || wish === undefined) return live ?? wish;
  return applyMergePatch(live as unknown as JsonObject, { spec: wish['spec'] }) as unknown as KubeObject;
}

async function readSnapshot(client: KubeClient, signal: AbortSignal): Promise<Snapshot> {
  const served = await servedKinds(client, signal);
  const watched = WATCHED_OBJECTS.filter(({ type }) => served.has(formatGroupResource(type)));
  const lists = await Promise.all(
    watched.map(async ({ type, ...where }) => {
      const { items } = await client.listAll(type, { ...where, signal });
      return items.map((object): [ResourceType, KubeObject] => [type, object]);
    }),
  );
  return new Snapshot(served, lists.flat());
}

interface Container {
  image: string;
  command?: string[];
}

interface Workload extends KubeObject {
  spec: { template: PodTemplate; jobTemplate?: { spec: { template: PodTemplate } } };
}

interface PodTemplate {
  spec: { containers: Container[] };
}

const UNKNOWN = 'longshore:latest';

/** The release that runs in a cluster; a name of our own where none does. */
function runningRelease(snapshot: Snapshot): Release {
  const deployment = snapshot.find<Workload>(RESOURCES.deployments, REGISTRY, NAMESPACE);
  const daemonSet = snapshot.find<Workload>(RESOURCES.daemonSets, NODE_CA, NAMESPACE);
  const cronJob = snapshot.find<Workload>(RESOURCES.cronJobs, PRUNER, NAMESPACE);
  const operatorImage = imageOf(daemonSet?.spec.template) ?? UNKNOWN;
  return {
    version: deployment?.metadata.annotations?.['release.openshift.io/version'] ?? 'unknown',
    registryImage: imageOf(deployment?.spec.template) ?? operatorImage,
    prunerImage: imageOf(cronJob?.spec.jobTemplate?.spec.template) ?? operatorImage,
    operatorImage,
    ...OWN_COMMANDS,
  };
}

const imageOf = (template: PodTemplate | undefined): string | undefined => template?.spec.containers[0]?.image;
