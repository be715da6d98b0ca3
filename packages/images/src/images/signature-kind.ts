import { randomUUID } from 'node:crypto';
import {
  s,
  validateNative,
  type Preconditions,
  type ResourceDefinition,
  type VirtualBackend,
  type VirtualRequest,
} from '@longshore/apiserver';
import {
  alreadyExists,
  badRequest,
  conflict,
  formatTime,
  IMAGE_GROUP,
  invalid,
  notFound,
  type Image,
  type ImageSignature,
  type KubeObject,
} from '@longshore/kube';
import { IMAGES } from './image-kind.js';
import { signatureFields } from './image-schema.js';
import { signedImage } from './signature-name.js';
import { checkSignature, tidySignature } from './signature-validation.js';

const RESOURCE = { group: IMAGE_GROUP, resource: 'imagesignatures' };
const KIND = { group: IMAGE_GROUP, kind: 'ImageSignature' };

const { schema } = s.object('A signature of an image; its name is <image>@<signature>.', signatureFields);

/** The kind ImageSignature: created and deleted only, and kept in its image (registry.md 3.2). */
export function signatureKind(): ResourceDefinition {
  const backend: VirtualBackend<ImageSignature> = { type: 'virtual', create: createSignature, delete: deleteSignature };
  return {
    group: IMAGE_GROUP,
    version: 'v1',
    kind: 'ImageSignature',
    plural: 'imagesignatures',
    singular: 'imagesignature',
    scope: 'Cluster',
    schema,
    backend,
  };
}

async function createSignature(signature: ImageSignature, request: VirtualRequest): Promise<KubeObject> {
  const { name = '' } = signature.metadata;
  const image = signedImage(name) ?? '';
  const created = newSignature(signature, request.now);
  const shape = validateNative(created, schema);
  const causes = shape.length > 0 ? shape : checkSignature(created, image);
  if (causes.length > 0) throw invalid(KIND, name, causes);
  await changeSignatures(image, request, (signatures) => {
    if (signatures.some(({ metadata }) => metadata.name === name)) throw alreadyExists(RESOURCE, name);
    return [...signatures, created];
  });
  return created;
}

/** What a signature is found to say is not for its creator to tell. */
function newSignature({ apiVersion, kind, metadata, type, content }: ImageSignature, now: Date): ImageSignature {
  const { name, labels, annotations } = metadata;
  const signature: ImageSignature = {
    apiVersion,
    kind,
    metadata: {
      ...(name !== undefined && { name }),
      uid: randomUUID(),
      creationTimestamp: formatTime(now),
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
    },
    type,
    content,
  };
  tidySignature(signature);
  return signature;
}

async function deleteSignature(name: string, request: VirtualRequest, { uid }: Preconditions): Promise<KubeObject> {
  const image = signedImage(name);
  if (image === undefined) throw badRequest(`${JSON.stringify(name)} is no name of the form <image>@<signature>`);
  await changeSignatures(image, request, (signatures) => {
    const deleted = signatures.find(({ metadata }) => metadata.name === name);
    if (deleted === undefined) throw notFound(RESOURCE, name);
    if (uid !== undefined && uid !== deleted.metadata.uid) {
      throw conflict(RESOURCE, name, `the precondition is the UID ${uid}, but its UID is ${deleted.metadata.uid}`);
    }
    return signatures.filter((signature) => signature !== deleted);
  });
  const details = { name, group: RESOURCE.group, kind: RESOURCE.resource };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** Errors: `NotFound` for the image, and those of the change. */
async function changeSignatures(
  name: string,
  { objects, dryRun, user }: VirtualRequest,
  change: (signatures: readonly ImageSignature[]) => ImageSignature[],
): Promise<void> {
  const changeImage = (image: Image) => ({ ...image, signatures: change(image.signatures ?? []) });
  await objects.change<Image>(IMAGES, '', name, '', changeImage, { user, dryRun });
}
