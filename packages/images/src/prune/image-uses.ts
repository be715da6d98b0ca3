import type { KubeObject } from '@longshore/kube';
import { isDigest, parseReference, type Digest } from '@longshore/oci';

/** What an object of the cluster pulls, or would. */
export interface ImageUses {
  /** Also those of images outside the cluster: a mirror may answer for them. */
  digests: Digest[];
  /** Tags of image streams. */
  tags: StreamTag[];
  /** References that are none, each with why. */
  invalid: string[];
}

export interface StreamTag {
  /** `namespace/name` */
  stream: string;
  tag: string;
}

/** The parts of a pod's specification that name images. */
interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  volumes?: { image?: { reference?: string } }[];
}

interface Container {
  image?: string;
}

interface PodStatus {
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
  ephemeralContainerStatuses?: ContainerStatus[];
}

interface ContainerStatus {
  imageID?: string;
}

interface ObjectReference {
  kind?: string;
  name?: string;
  namespace?: string;
}

interface BuildSpec {
  strategy?: Record<string, { from?: ObjectReference } | string | undefined>;
  source?: { images?: { from?: ObjectReference }[] };
  triggers?: { imageChange?: { from?: ObjectReference; lastTriggeredImageID?: string } }[];
}

/** Whether a pod still counts: it runs or will, or is so young that its work may be looked at (registry.md 8.2 step 3). */
export function isPodCounted(pod: KubeObject, notBefore: number): boolean {
  const { phase } = (pod['status'] ?? {}) as { phase?: string };
  if (phase === undefined || phase === 'Running' || phase === 'Pending') return true;
  return Date.parse(pod.metadata.creationTimestamp ?? '') > notBefore;
}

/** What a pod's containers of all kinds and its image volumes use, and what its containers really run. */
export function usesOfPod(pod: KubeObject): ImageUses {
  const uses = usesOfPodSpec(pod['spec'] as PodSpec | undefined, pod.metadata.namespace ?? '');
  const { containerStatuses, initContainerStatuses, ephemeralContainerStatuses } = (pod['status'] ?? {}) as PodStatus;
  for (const status of [containerStatuses, initContainerStatuses, ephemeralContainerStatuses].flat()) {
    addRunning(uses, status?.imageID);
  }
  return uses;
}

/** What the pods use that an object makes; `path` leads to their specification. */
export function usesOfTemplate(object: KubeObject, path: readonly string[]): ImageUses {
  const spec = path.reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined)?.[field], object);
  return usesOfPodSpec(spec as PodSpec | undefined, object.metadata.namespace ?? '');
}

/** The inputs of a Build or BuildConfig (registry.md 8.2 step 3). */
export function usesOfBuild(build: KubeObject): ImageUses {
  const uses: ImageUses = { digests: [], tags: [], invalid: [] };
  const namespace = build.metadata.namespace ?? '';
  const { strategy = {}, source, triggers = [] } = (build['spec'] ?? {}) as BuildSpec;
  for (const part of Object.values(strategy)) if (typeof part === 'object') addObject(uses, part.from, namespace);
  for (const { from } of source?.images ?? []) addObject(uses, from, namespace);
  for (const { imageChange } of triggers) {
    addObject(uses, imageChange?.from, namespace);
    addRunning(uses, imageChange?.lastTriggeredImageID);
  }
  return uses;
}

function usesOfPodSpec(spec: PodSpec | undefined, namespace: string): ImageUses {
  const uses: ImageUses = { digests: [], tags: [], invalid: [] };
  const containers = [spec?.containers, spec?.initContainers, spec?.ephemeralContainers].flat();
  for (const container of containers) addPullSpec(uses, container?.image, namespace);
  for (const volume of spec?.volumes ?? []) addPullSpec(uses, volume.image?.reference, namespace);
  return uses;
}

/** Whatever the host: the registry has several names. A lone name may stand for a stream of the namespace (3.10). */
function addPullSpec(uses: ImageUses, text: string | undefined, namespace: string): void {
  const spec = text?.trim() ?? '';
  if (spec === '') return; // to be filled by a trigger
  try {
    const { registry, repository, tag = 'latest', digest } = parseReference(spec);
    const parts = repository.split('/').length;
    if (digest !== undefined) uses.digests.push(digest);
    else if (parts === 2) uses.tags.push({ stream: repository, tag });
    else if (parts === 1 && registry === undefined) uses.tags.push({ stream: `${namespace}/${repository}`, tag });
  } catch (error) {
    uses.invalid.push(`invalid container image reference ${(error as Error).message}`);
  }
}

function addObject(uses: ImageUses, from: ObjectReference | undefined, own: string): void {
  const { kind, name = '', namespace = own } = from ?? {};
  if (from === undefined || kind === undefined) return;
  if (kind === 'DockerImage') return addPullSpec(uses, name, own);
  const [stream = '', rest = '', ...more] = name.split(kind === 'ImageStreamImage' ? '@' : ':');
  const isWhole = stream !== '' && rest !== '' && more.length === 0;
  if (kind === 'ImageStreamImage' && isWhole && isDigest(rest)) uses.digests.push(rest);
  else if (kind === 'ImageStreamTag' && isWhole) uses.tags.push({ stream: `${namespace}/${stream}`, tag: rest });
  else uses.invalid.push(`invalid ${kind} reference ${JSON.stringify(name)}`);
}

/** `host/ns/name@sha256:…`, or with a scheme before it; anything else says nothing. */
function addRunning(uses: ImageUses, image: string | undefined): void {
  const digest = image?.slice(image.lastIndexOf('@') + 1);
  if (image?.includes('@') === true && digest !== undefined && isDigest(digest)) uses.digests.push(digest);
}
