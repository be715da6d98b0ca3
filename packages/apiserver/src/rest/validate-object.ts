import { invalid, type KubeObject, type StatusCause } from '@longshore/kube';
import type { WriteContext } from '../definition.js';
import type { Resource } from '../resources/resource.js';
import { validateNative } from '../schema/native.js';
import { validateSchema } from '../schema/validate.js';
import { checkMeta, checkMetaUpdate } from './object-meta.js';

/** Errors: `Invalid` with all problems. */
export async function validateNew(resource: Resource, object: KubeObject, context: WriteContext): Promise<void> {
  const causes = [...checkMeta(object.metadata, resource), ...checkSchema(resource, object)];
  const { stored } = resource;
  // What has the wrong shape is not shown to the hook, which relies on it.
  if (stored?.validate && causes.length === 0) causes.push(...(await stored.validate(object, context)));
  refuse(resource, object, causes);
}

/** As {@link validateNew}, for an object that replaces another. */
export async function validateChanged(
  resource: Resource,
  object: KubeObject,
  old: KubeObject,
  context: WriteContext,
): Promise<void> {
  const causes = [...metaProblems(resource, object, old), ...checkSchema(resource, object, old)];
  const { stored } = resource;
  if (causes.length === 0) {
    if (stored?.validate) causes.push(...(await stored.validate(object, context)));
    if (stored?.validateUpdate) causes.push(...(await stored.validateUpdate(object, old, context)));
  }
  refuse(resource, object, causes);
}

/** As {@link validateChanged}, for a change through the status subresource. */
export function validateStatus(resource: Resource, object: KubeObject, old: KubeObject, context: WriteContext): void {
  const causes = [...metaProblems(resource, object, old), ...checkSchema(resource, object, old)];
  const { stored } = resource;
  if (stored?.validateStatusUpdate && causes.length === 0) {
    causes.push(...stored.validateStatusUpdate(object, old, context));
  }
  refuse(resource, object, causes);
}

function metaProblems(resource: Resource, { metadata }: KubeObject, old: KubeObject): StatusCause[] {
  return [...checkMeta(metadata, resource), ...checkMetaUpdate(metadata, old.metadata)];
}

function checkSchema({ definition }: Resource, object: KubeObject, old?: KubeObject): StatusCause[] {
  const { custom, schema } = definition;
  return custom ? validateSchema(object, schema) : validateNative(object, schema, old);
}

function refuse({ groupKind }: Resource, { metadata }: KubeObject, causes: StatusCause[]): void {
  if (causes.length > 0) throw invalid(groupKind, metadata.name ?? metadata.generateName ?? '', causes);
}
