import { invalid, type KubeObject, type StatusCause } from '@longshore/kube';
import type { WriteContext } from '../definition.js';
import type { Resource } from '../resources/resource.js';
import { MAX_CAUSES } from '../schema/field-error.js';
import { validateNative } from '../schema/native.js';
import { validateSchema } from '../schema/validate.js';
import { checkEmbedded } from './embedded-objects.js';
import { checkMeta, checkMetaUpdate } from './object-meta.js';

/** Errors: `Invalid` with all problems. */
export async function validateNew(resource: Resource, object: KubeObject, context: WriteContext): Promise<void> {
  const { stored } = resource;
  // What has the wrong shape is not shown to the hook, which relies on it.
  refuse(resource, object, [...checkMeta(object.metadata, resource), ...checkSchema(resource, object)]);
  refuse(resource, object, (await stored?.validate?.(object, context)) ?? []);
}

/** As {@link validateNew}, for an object that replaces another. */
export async function validateChanged(
  resource: Resource,
  object: KubeObject,
  old: KubeObject,
  context: WriteContext,
): Promise<void> {
  const { stored } = resource;
  refuse(resource, object, [...metaProblems(resource, object, old), ...checkSchema(resource, object, old)]);
  const ofObject = (await stored?.validate?.(object, context)) ?? [];
  refuse(resource, object, [...ofObject, ...((await stored?.validateUpdate?.(object, old, context)) ?? [])]);
}

/** As {@link validateChanged}, for a change through the status subresource. */
export function validateStatus(resource: Resource, object: KubeObject, old: KubeObject, context: WriteContext): void {
  refuse(resource, object, [...metaProblems(resource, object, old), ...checkSchema(resource, object, old)]);
  refuse(resource, object, resource.stored?.validateStatusUpdate?.(object, old, context) ?? []);
}

function metaProblems(resource: Resource, { metadata }: KubeObject, old: KubeObject): StatusCause[] {
  return [...checkMeta(metadata, resource), ...checkMetaUpdate(metadata, old.metadata)];
}

function checkSchema({ definition }: Resource, object: KubeObject, old?: KubeObject): StatusCause[] {
  const { custom, schema } = definition;
  if (!custom) return validateNative(object, schema, old);
  const ofEmbedded = checkEmbedded(object, schema);
  const wereEmbedded = ofEmbedded.length > 0 && old !== undefined && checkEmbedded(old, schema).length > 0;
  return [...validateSchema(object, schema, '', old), ...(wereEmbedded ? [] : ofEmbedded)];
}

function refuse({ groupKind }: Resource, { metadata }: KubeObject, causes: StatusCause[]): void {
  if (causes.length === 0) return;
  throw invalid(groupKind, metadata.name ?? metadata.generateName ?? '', causes.slice(0, MAX_CAUSES));
}
