import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkLabelValue,
  checkPathSegment,
  checkQualifiedName,
  jsonEqual,
  parseGroupVersion,
  type ObjectMeta,
  type OwnerReference,
  type StatusCause,
} from '@longshore/kube';
import type { Resource } from '../resources/resource.js';
import { forbiddenField, invalidValue, requiredValue, tooLong } from '../schema/field-error.js';

/** Of all annotations of an object together (apimachinery, `TotalAnnotationSizeLimitB`). */
const MAX_ANNOTATION_BYTES = 256 * 1024;
export const ORPHAN_FINALIZER = 'orphan';
export const FOREGROUND_FINALIZER = 'foregroundDeletion';

/** `0` is no version but the wish for any. */
export function isVersion(resourceVersion: string | undefined): boolean {
  return resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== '0';
}

/** The same metadata in a fixed order, without what is empty and what the server does not keep. */
export function tidyMeta(meta: ObjectMeta): ObjectMeta {
  const tidy: ObjectMeta = {};
  const { labels, annotations, ownerReferences, finalizers } = meta;
  if (meta.name) tidy.name = meta.name;
  if (meta.generateName) tidy.generateName = meta.generateName;
  if (meta.namespace) tidy.namespace = meta.namespace;
  if (meta.uid) tidy.uid = meta.uid;
  if (meta.resourceVersion) tidy.resourceVersion = meta.resourceVersion;
  if (meta.generation) tidy.generation = meta.generation;
  if (meta.creationTimestamp) tidy.creationTimestamp = meta.creationTimestamp;
  if (meta.deletionTimestamp) tidy.deletionTimestamp = meta.deletionTimestamp;
  if (meta.deletionGracePeriodSeconds !== undefined) tidy.deletionGracePeriodSeconds = meta.deletionGracePeriodSeconds;
  if (labels && Object.keys(labels).length > 0) tidy.labels = labels;
  if (annotations && Object.keys(annotations).length > 0) tidy.annotations = annotations;
  if (ownerReferences && ownerReferences.length > 0) tidy.ownerReferences = ownerReferences;
  if (finalizers && finalizers.length > 0) tidy.finalizers = finalizers;
  return tidy;
}

/** Problems of the metadata of any object (apimachinery, `ValidateObjectMeta`). */
export function checkMeta(meta: ObjectMeta, resource: Pick<Resource, 'namespaced' | 'stored'>): StatusCause[] {
  const { name = '', generateName, namespace, labels, annotations, ownerReferences, finalizers } = meta;
  const causes: StatusCause[] = [];
  if (generateName) {
    // A prefix may end with what a name may not end with.
    for (const problem of checkName(generateName.replace(/[-.]$/, 'a'), resource)) {
      causes.push(invalidValue('metadata.generateName', generateName, problem));
    }
  }
  if (name === '') causes.push(requiredValue('metadata.name', 'name or generateName is required'));
  else for (const problem of checkName(name, resource)) causes.push(invalidValue('metadata.name', name, problem));
  if (resource.namespaced) {
    if (!namespace) causes.push(requiredValue('metadata.namespace'));
    else {
      for (const problem of checkDnsLabel(namespace)) {
        causes.push(invalidValue('metadata.namespace', namespace, problem));
      }
    }
  }
  if (labels) checkLabels(labels, causes);
  if (annotations) checkAnnotations(annotations, causes);
  if (ownerReferences) checkOwnerReferences(ownerReferences, causes);
  if (finalizers) checkFinalizers(finalizers, causes);
  return causes;
}

function checkName(name: string, { stored }: Pick<Resource, 'stored'>): string[] {
  switch (stored?.name ?? 'subdomain') {
    case 'label':
      return checkDnsLabel(name);
    case 'path-segment':
      return checkPathSegment(name);
    case 'subdomain':
      return checkDnsSubdomain(name);
  }
}

function checkLabels(labels: Record<string, string>, causes: StatusCause[]): void {
  for (const [key, value] of Object.entries(labels)) {
    for (const problem of checkQualifiedName(key)) causes.push(invalidValue('metadata.labels', key, problem));
    for (const problem of checkLabelValue(value)) causes.push(invalidValue('metadata.labels', value, problem));
  }
}

function checkAnnotations(annotations: Record<string, string>, causes: StatusCause[]): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    for (const problem of checkQualifiedName(key.toLowerCase())) {
      causes.push(invalidValue('metadata.annotations', key, problem));
    }
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > MAX_ANNOTATION_BYTES) causes.push(tooLong('metadata.annotations', MAX_ANNOTATION_BYTES));
}

function checkOwnerReferences(references: readonly OwnerReference[], causes: StatusCause[]): void {
  const field = 'metadata.ownerReferences';
  let controller: string | undefined;
  for (const reference of references) {
    const { apiVersion = '', kind = '', name = '', uid = '' } = reference as Partial<OwnerReference>;
    const version = parseGroupVersion(apiVersion)?.version;
    if (version === undefined) {
      causes.push(invalidValue(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
    }
    if (kind === '') causes.push(invalidValue(`${field}.kind`, kind, 'must not be empty'));
    if (name === '') causes.push(invalidValue(`${field}.name`, name, 'must not be empty'));
    if (uid === '') causes.push(invalidValue(`${field}.uid`, uid, 'must not be empty'));
    if (apiVersion === 'v1' && kind === 'Event') {
      causes.push(invalidValue(field, reference, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (reference.controller) {
      if (controller !== undefined) {
        const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
        causes.push(invalidValue(field, references, detail));
      }
      controller = name;
    }
  }
}

function checkFinalizers(finalizers: readonly string[], causes: StatusCause[]): void {
  for (const finalizer of finalizers) {
    for (const problem of checkQualifiedName(finalizer)) {
      causes.push(invalidValue('metadata.finalizers', finalizer, problem));
    }
  }
  if (finalizers.includes(ORPHAN_FINALIZER) && finalizers.includes(FOREGROUND_FINALIZER)) {
    const detail = `finalizer ${FOREGROUND_FINALIZER} and ${ORPHAN_FINALIZER} cannot be both set`;
    causes.push(invalidValue('metadata.finalizers', finalizers, detail));
  }
}

/** What an update may not touch is taken over from the object that it replaces. Changes the metadata in place. */
export function keepServerMeta(meta: ObjectMeta, old: ObjectMeta): void {
  meta.uid ||= old.uid;
  for (const field of ['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation'] as const) {
    if (old[field] === undefined) delete meta[field];
    else Object.assign(meta, { [field]: old[field] });
  }
}

/** Problems of a change of metadata (apimachinery, `ValidateObjectMetaUpdate`). */
export function checkMetaUpdate(meta: ObjectMeta, old: ObjectMeta): StatusCause[] {
  const causes: StatusCause[] = [];
  if (old.deletionTimestamp !== undefined) {
    const added = (meta.finalizers ?? []).filter((finalizer) => !old.finalizers?.includes(finalizer));
    if (added.length > 0) {
      const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
      causes.push(forbiddenField('metadata.finalizers', detail));
    }
  }
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if (!jsonEqual(meta[field], old[field])) {
      causes.push(invalidValue(`metadata.${field}`, meta[field] ?? '', 'field is immutable'));
    }
  }
  return causes;
}
