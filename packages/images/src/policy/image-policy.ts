import type { Admission, AdmissionRequest } from '@longshore/apiserver';
import { forbidden, IMAGE_ANNOTATIONS, type Image, type ImageStream, type KubeObject } from '@longshore/kube';
import type { RegistryHostnames } from '../api/parts.js';
import { newestEvent } from '../streams/tag-resolution.js';
import { podSpecOf, WORKLOAD_KINDS, type Container, type PodSpec } from '../workloads/workload-kinds.js';
import { imageOfShortName, readImage, shortName } from './image-names.js';

export interface ImagePolicyOptions {
  /** As they are now. */
  hostnames: () => RegistryHostnames;
}

const STREAMS = 'imagestreams.image.openshift.io';
const IMAGES = 'images.image.openshift.io';
/** What OpenShift's policy calls the rule that images with the annotation are refused by. */
const DENY_RULE = 'execution-denied';

/**
 * What image streams mean for objects that run images (registry.md 3.10): short names become what their tag says, and images
 * that are annotated so run in no pod. Looks only at images that the write brings, so that an unrelated change of an object
 * neither rolls it nor fails.
 */
export function imagePolicy({ hostnames }: ImagePolicyOptions): Admission {
  return {
    mutate: async (request) => {
      const workload = workloadOf(request);
      if (workload === undefined || isResolvedAlready(request)) return;
      for (const container of changedContainers(workload)) {
        const image = await resolve(container.image ?? '', request, workload, hostnames().internal);
        if (image !== undefined) container.image = image;
      }
    },
    validate: async (request) => {
      const workload = workloadOf(request);
      if (workload === undefined || request.definition.plural !== 'pods') return;
      for (const { image = '' } of changedContainers(workload)) await checkExecution(image, request, hostnames());
    },
  };
}

interface Workload {
  object: KubeObject;
  podSpec: PodSpec;
  oldPodSpec: PodSpec | undefined;
}

/** Undefined for writes that bring no images. */
function workloadOf({ definition, subresource, operation, object, old }: AdmissionRequest): Workload | undefined {
  const { group, plural } = definition;
  const kind = WORKLOAD_KINDS.find(({ type }) => type.group === group && type.resource === plural);
  if (kind === undefined || operation === 'DELETE' || object === undefined) return undefined;
  if (subresource !== '' && subresource !== 'ephemeralcontainers') return undefined;
  const podSpec = podSpecOf(object, kind.podSpec);
  if (podSpec === undefined) return undefined;
  return { object, podSpec, oldPodSpec: old && podSpecOf(old, kind.podSpec) };
}

/** The names of an owned object were resolved in its owner; the template of a Job cannot change. */
function isResolvedAlready({ definition, operation, object }: AdmissionRequest): boolean {
  const isOwned = object?.metadata.ownerReferences?.some((owner) => owner?.controller === true) === true;
  return isOwned || (definition.plural === 'jobs' && operation === 'UPDATE');
}

const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

function changedContainers({ podSpec, oldPodSpec }: Workload): Container[] {
  return LISTS.flatMap((list) => {
    const old = new Map(oldPodSpec?.[list]?.map(({ name, image }) => [name, image]));
    return (podSpec[list] ?? []).filter(({ name, image }) => image !== undefined && old.get(name) !== image);
  });
}

async function resolve(
  image: string,
  { objects, namespace }: AdmissionRequest,
  { object }: Workload,
  internal: string | undefined,
): Promise<string | undefined> {
  const name = shortName(image);
  const stream = name && (await objects.get<ImageStream>(STREAMS, namespace, name.stream));
  if (name === undefined || stream === undefined) return undefined;
  const localRepository = internal === undefined ? undefined : `${internal}/${namespace}/${name.stream}`;
  return imageOfShortName(stream, name.tag, { isAsked: asksForNames(object), localRepository });
}

type Template = Partial<Pick<KubeObject, 'metadata'>> & { spec?: { template?: Template } };

/** `oc set image-lookup` annotates the object or the template of its pods; that of a CronJob is in its template of jobs. */
function asksForNames(object: KubeObject): boolean {
  const { template, jobTemplate } = (object['spec'] ?? {}) as { template?: Template; jobTemplate?: Template };
  const templates = [template, jobTemplate, jobTemplate?.spec?.template];
  return [object.metadata, ...templates.map((each) => each?.metadata)].some(
    (meta) => meta?.annotations?.[IMAGE_ANNOTATIONS.resolveNames] === '*',
  );
}

/** Errors: ApiError `Forbidden` for an image that must not run. */
async function checkExecution(image: string, request: AdmissionRequest, hosts: RegistryHostnames): Promise<void> {
  const digest = await digestOf(image, request, hosts);
  const found = digest === undefined ? undefined : await request.objects.get<Image>(IMAGES, '', digest);
  if (found?.metadata.annotations?.[IMAGE_ANNOTATIONS.denyExecution] !== 'true') return;
  if (await isRuleIgnored(request)) return;
  const why = `the image ${digest} has the annotation ${IMAGE_ANNOTATIONS.denyExecution}, so it runs in no pod`;
  throw forbidden({ group: '', resource: 'pods' }, request.name, why);
}

/** Whether an administrator has taken the namespace out of the rule (registry.md 3.11). */
async function isRuleIgnored({ objects, namespace }: AdmissionRequest): Promise<boolean> {
  const found = await objects.get<KubeObject>('namespaces', '', namespace);
  const ignored = found?.metadata.annotations?.[IMAGE_ANNOTATIONS.ignoreRules] ?? '';
  return ignored.split(',').some((rule) => rule.trim() === DENY_RULE);
}

/** The digest that an image names, or that its tag in one of our repositories stands for. */
async function digestOf(
  image: string,
  { objects }: AdmissionRequest,
  { internal, external }: RegistryHostnames,
): Promise<string | undefined> {
  const { registry, repository = '', tag = 'latest', digest } = readImage(image) ?? {};
  if (digest !== undefined) return digest;
  const [namespace = '', name = '', ...rest] = repository.split('/');
  const isOurs = registry !== undefined && [internal, ...external].includes(registry);
  if (!isOurs || name === '' || rest.length > 0) return undefined;
  const stream = await objects.get<ImageStream>(STREAMS, namespace, name);
  return stream && newestEvent(stream, tag)?.image;
}
