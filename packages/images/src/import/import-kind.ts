import { s, type ObjectAccess, type ResourceDefinition, type VirtualRequest } from '@longshore/apiserver';
import {
  ApiError,
  conflict,
  formatTime,
  hasReason,
  IMAGE_ANNOTATIONS,
  IMAGE_API_VERSION,
  IMAGE_GROUP,
  invalid,
  tooManyRequests,
  type Image,
  type ImageImportStatus,
  type ImageStream,
  type ImageStreamImport,
  type KubeObject,
  type ObjectMeta,
} from '@longshore/kube';
import type { RegistryHostnames } from '../api/parts.js';
import { IMAGES } from '../images/image-kind.js';
import { isManaged } from '../images/managed-image.js';
import { checkSources, mayImportFromAll, type ImportSource } from '../streams/allowed-registries.js';
import { setDefaults } from '../streams/image-streams.js';
import type { StreamServices } from '../streams/services.js';
import { tagsByName } from '../streams/spec-generations.js';
import { statusOf } from '../streams/stored-stream.js';
import { STREAM_RESOURCE, STREAMS } from '../streams/stream-names.js';
import { importFields } from './import-schema.js';
import { importFailure, repositoryStatus } from './import-status.js';
import { checkImport, withDefaults } from './import-validation.js';
import { applyImport } from './stream-import.js';

/**
 * Set by the controller on what it imports for streams, whoever wrote them: it may create images, but those who wrote the
 * streams may not, so their rules hold for what is asked of other hosts.
 */
export const IMPORT_FOR_ANNOTATION = 'image.longshore.dev/import-for';

type ImportServices = Pick<StreamServices, 'parts' | 'limits'>;

const KIND = { group: IMAGE_GROUP, kind: 'ImageStreamImport' };
/** Imports of one user at a time: each may keep a request busy for as long as its registry likes. */
const MOST_IMPORTS = 20;
const RETRY_SECONDS = 1;
/** Registries are slow, and bounded rates make large imports long (registry.md 8.5). */
const TIMEOUT_MS = 3_600_000;
/** Writes of a stream that others write at the same time. */
const MAX_TRIES = 10;
const MAX_WARNINGS = 10;

/** The kind ImageStreamImport (registry.md 3.9): images of registries become images and tags of the cluster. */
export function importDefinition(services: ImportServices): ResourceDefinition {
  const underWay = new Map<string, number>();
  return {
    group: IMAGE_GROUP,
    version: 'v1',
    kind: KIND.kind,
    plural: 'imagestreamimports',
    singular: 'imagestreamimport',
    scope: 'Namespaced',
    schema: s.object('An import of images into a stream.', importFields).schema,
    backend: {
      type: 'virtual',
      timeoutMs: TIMEOUT_MS,
      create: async (object, request) => {
        const trusted = await mayImportFromAll(request.user, services.parts.allows);
        const leave = trusted ? () => undefined : enter(underWay, request.user.username);
        try {
          return await createImport(object as unknown as ImageStreamImport, { ...request, trusted }, services);
        } finally {
          leave();
        }
      },
    },
  };
}

/** Errors: `TooManyRequests` where the user has enough imports running. */
function enter(underWay: Map<string, number>, username: string): () => void {
  const count = underWay.get(username) ?? 0;
  if (count >= MOST_IMPORTS) {
    throw tooManyRequests(`only ${MOST_IMPORTS} imports of one user can run at a time`, RETRY_SECONDS);
  }
  underWay.set(username, count + 1);
  return () => {
    const left = (underWay.get(username) ?? 1) - 1;
    if (left === 0) underWay.delete(username);
    else underWay.set(username, left);
  };
}

/** `trusted`: who asks may import from everywhere. */
type ImportCall = VirtualRequest & { trusted: boolean };

async function createImport(
  asked: ImageStreamImport,
  request: ImportCall,
  services: ImportServices,
): Promise<KubeObject> {
  const { objects, user, signal } = request;
  const { namespace = '', name = '' } = asked.metadata;
  const stream = await objects.get<ImageStream>(STREAMS, namespace, name);
  checkUnchanged(asked, stream);
  const tags = stream === undefined ? new Map() : tagsByName(stream);
  const spec = withDefaults(asked.spec, tags, services.parts.defaultImportMode());
  const imported: ImageStreamImport = { ...asked, spec };
  const insecure = stream?.metadata.annotations?.[IMAGE_ANNOTATIONS.insecureRepository] === 'true';
  const causes = checkImport(imported);
  if (causes.length === 0) causes.push(...(await checkSources(sourcesOf(imported, insecure), user, services.parts)));
  if (causes.length > 0) throw invalid(KIND, name, causes);
  const { images, repository, warnings } = await services.parts.importer.import({
    namespace,
    spec,
    insecure,
    preferred: preferenceOf(asked, stream),
    trusted: request.trusted && asked.metadata.annotations?.[IMPORT_FOR_ANNOTATION] === undefined,
    signal,
  });
  for (const text of warnings.slice(0, MAX_WARNINGS)) request.warn(text);
  imported.status = { ...(repository && { repository }), ...(spec.images && { images }) };
  await takeImages(imported, request, services);
  if (spec.import) imported.status.import = await writeStream(imported, request, services);
  imported.metadata = { ...asked.metadata, creationTimestamp: formatTime(request.now) };
  dropTexts(imported);
  return imported;
}

/** Errors: `Conflict` when the import is for a stream as it was (registry.md 3.9). */
function checkUnchanged({ metadata }: ImageStreamImport, stream: ImageStream | undefined): void {
  const { name = '', uid = '', resourceVersion = '' } = metadata;
  if (uid === '' && resourceVersion === '') return;
  if (stream === undefined) throw conflict(STREAM_RESOURCE, name, 'the image stream does not exist any more');
  if (uid !== '' && uid !== stream.metadata.uid) {
    throw conflict(STREAM_RESOURCE, name, 'the image stream was deleted and created again');
  }
  if (resourceVersion !== '' && resourceVersion !== stream.metadata.resourceVersion) {
    const now = stream.metadata.resourceVersion;
    throw conflict(STREAM_RESOURCE, name, `the image stream was updated from "${resourceVersion}" to "${now}"`);
  }
}

function sourcesOf({ spec }: ImageStreamImport, insecure: boolean): ImportSource[] {
  const sourceOf = ({ from, importPolicy }: NonNullable<typeof spec.repository>, path: string): ImportSource => ({
    field: `${path}.from.name`,
    pullSpec: from.name,
    insecure: insecure || importPolicy?.insecure === true,
  });
  return [
    ...(spec.repository === undefined ? [] : [sourceOf(spec.repository, 'spec.repository')]),
    ...(spec.images ?? []).map((image, index) => sourceOf(image, `spec.images[${index}]`)),
  ];
}

function preferenceOf(asked: ImageStreamImport, stream: ImageStream | undefined) {
  const annotations = { ...stream?.metadata.annotations, ...asked.metadata.annotations };
  const { [IMAGE_ANNOTATIONS.preferArchitecture]: architecture, [IMAGE_ANNOTATIONS.preferOs]: os } = annotations;
  return { ...(architecture && { architecture }), ...(os && { os }) };
}

/** Stores the images; one that may not or cannot be stored has failed. */
async function takeImages(imported: ImageStreamImport, request: VirtualRequest, services: ImportServices) {
  const { images = [], repository } = imported.status ?? {};
  for (const result of [...images, ...(repository?.images ?? [])]) {
    await takeImage(imported, result, request, services);
  }
  if (repository?.images !== undefined) repository.status = repositoryStatus(repository.images);
}

async function takeImage(
  { metadata, spec }: ImageStreamImport,
  result: ImageImportStatus,
  { objects, dryRun, signal }: VirtualRequest,
  { limits }: ImportServices,
): Promise<void> {
  if (result.image === undefined) return;
  const isDry = dryRun || !spec.import;
  const images = [...(result.manifests ?? []), result.image];
  try {
    await limits.admitImages(metadata, images, { objects, dryRun: isDry, signal });
    if (!isDry) for (const image of images) await storeImage(image, objects);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    result.status = importFailure(error, result.image.dockerImageReference ?? '', '');
    delete result.image;
    delete result.manifests;
  }
}

/** An image that is known stays as it is, unless nobody has its manifest any more. */
async function storeImage(image: Image, objects: ObjectAccess): Promise<void> {
  const { name = '' } = image.metadata;
  const known = await objects.get<Image>(IMAGES, '', name);
  if (known === undefined) {
    await objects.create(IMAGES, image).catch((error: unknown) => {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    });
    return;
  }
  if (known.dockerImageManifest || isManaged(known)) return;
  const { dockerImageManifest, dockerImageConfig } = image;
  const restored = { ...known, dockerImageManifest, ...(dockerImageConfig && { dockerImageConfig }) };
  await objects.update(IMAGES, restored);
}

/** Writes what was found into the stream as it is by now; on a dry run, the answer is what it would be. */
async function writeStream(
  imported: ImageStreamImport,
  request: VirtualRequest,
  { parts, limits }: ImportServices,
): Promise<ImageStream> {
  const { objects, user, now, dryRun, signal } = request;
  const { name = '', namespace = '' } = imported.metadata;
  for (let tries = 1; ; tries++) {
    const old = await objects.get<ImageStream>(STREAMS, namespace, name);
    checkUnchanged(imported, old);
    const stream = old === undefined ? newStream({ namespace, name }, parts.hostnames()) : structuredClone(old);
    applyImport(stream, old, imported, { user, now });
    setDefaults(stream, parts.defaultImportMode());
    await limits.admitStream(stream, old, { objects, dryRun, signal });
    try {
      if (old === undefined) return dryRun ? stream : await objects.createWithStatus(STREAMS, stream, user);
      return await objects.change(STREAMS, namespace, name, 'all', () => stream, { user, dryRun });
    } catch (error) {
      const isRace = hasReason(error, 'Conflict') || hasReason(error, 'AlreadyExists') || hasReason(error, 'NotFound');
      if (!isRace || tries === MAX_TRIES) throw error;
    }
  }
}

function newStream(metadata: ObjectMeta, hostnames: RegistryHostnames): ImageStream {
  return {
    apiVersion: IMAGE_API_VERSION,
    kind: 'ImageStream',
    metadata,
    spec: { lookupPolicy: { local: false } },
    status: statusOf({ metadata }, [], hostnames),
  };
}

/** Manifests are long, and few want them. */
function dropTexts({ spec, status = {} }: ImageStreamImport): void {
  const { images = [], repository } = status;
  for (const [index, result] of images.entries()) if (!spec.images?.[index]?.includeManifest) dropText(result);
  if (spec.repository?.includeManifest) return;
  for (const result of repository?.images ?? []) dropText(result);
}

function dropText({ image, manifests = [] }: ImageImportStatus): void {
  for (const one of image === undefined ? manifests : [image, ...manifests]) {
    delete one.dockerImageManifest;
    delete one.dockerImageConfig;
  }
}
