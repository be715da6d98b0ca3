/** Parts that every document has: what lists, deletions and errors look like. */
import type { Schema } from '@longshore/kube';
import { anyObject, boolean, int32, int64, listOf, shared, string, strings } from '../schema/builder.js';
import { listMeta } from '../schema/object-meta.js';
import { Field } from '../schema/builder.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const apiVersion = string('Version of the schema of this object.');
const kind = string('Kind of this object.');

const preconditions = shared(`${META}.Preconditions`, 'What must hold for the object to be deleted.', {
  resourceVersion: string('The resource version that it must have.'),
  uid: string('The UID that it must have.'),
});

export const deleteOptions: Schema = shared(`${META}.DeleteOptions`, 'How to delete.', {
  apiVersion,
  kind,
  dryRun: strings('All: do everything but store.').atomic(),
  gracePeriodSeconds: int64('Seconds that the object is given to end.'),
  orphanDependents: boolean('Replaced by propagationPolicy.'),
  preconditions: preconditions.describe('What must hold, else 409.'),
  propagationPolicy: string('Orphan, Background or Foreground: what happens to what belongs to the object.'),
}).schema;

const statusCause = shared(`${META}.StatusCause`, 'One problem.', {
  field: string('The field that it is about.'),
  message: string('The problem in words.'),
  reason: string('The kind of problem.'),
});

const statusDetails = shared(`${META}.StatusDetails`, 'What an error is about.', {
  causes: listOf(statusCause, 'The problems.').atomic(),
  group: string('API group of the object.'),
  kind: string('Kind or resource of the object.'),
  name: string('Name of the object.'),
  retryAfterSeconds: int32('When to try again.'),
  uid: string('UID of the object.'),
});

export const status: Schema = shared(`${META}.Status`, 'An answer that is no object.', {
  apiVersion,
  kind,
  metadata: new Field(listMeta).describe('Standard list metadata.'),
  code: int32('HTTP status.'),
  details: statusDetails.describe('What it is about.'),
  message: string('The answer in words.'),
  reason: string('The kind of error.'),
  status: string('Success or Failure.'),
}).schema;

export const patch: Schema = shared(
  `${META}.Patch`,
  'A change of an object, in the format of its content type.',
  {},
).schema;

export const watchEvent: Schema = shared(`${META}.WatchEvent`, 'One change of a watched collection.', {
  object: anyObject('The object, or a Status.').required(),
  type: string('ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.').required(),
}).schema;

export const scale: Schema = shared('io.k8s.api.autoscaling.v1.Scale', 'How many replicas a resource has.', {
  spec: shared('io.k8s.api.autoscaling.v1.ScaleSpec', 'How many there should be.', {
    replicas: int32('Replicas that should run.'),
  }),
  status: shared('io.k8s.api.autoscaling.v1.ScaleStatus', 'How many there are.', {
    replicas: int32('Replicas that are there.').required(),
    selector: string('Label selector of the replicas, as text.'),
  }),
}).schema;
