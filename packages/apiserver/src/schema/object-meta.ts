import { boolean, int64, listOf, shared, string, stringMap, strings, time } from './builder.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const ownerReference = shared(
  `${META}.OwnerReference`,
  'An object that this one belongs to; it must be in the same namespace or cluster-scoped.',
  {
    apiVersion: string('API version of the owner.').required(),
    kind: string('Kind of the owner.').required(),
    name: string('Name of the owner.').required(),
    uid: string('UID of the owner.').required(),
    controller: boolean('Whether the owner manages this object.'),
    blockOwnerDeletion: boolean('Whether a foreground deletion of the owner waits for this object.'),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

const managedFieldsEntry = shared(`${META}.ManagedFieldsEntry`, 'Which fields a manager has set.', {
  apiVersion: string('Version of the resource that the fields belong to.'),
  fieldsType: string('Format of the field set; always FieldsV1.'),
  fieldsV1: shared(
    `${META}.FieldsV1`,
    'A set of fields as a tree.',
    {},
    { 'x-kubernetes-preserve-unknown-fields': true },
  ),
  manager: string('Name of the manager.'),
  operation: string('Apply or Update.'),
  subresource: string('The subresource that was written, if any.'),
  time: time('When the entry was made.'),
});

/** `metadata` of every object (metav1.ObjectMeta). */
export const objectMetaField = shared(`${META}.ObjectMeta`, 'What every stored object has.', {
  annotations: stringMap('Free data of tools; not for selecting.'),
  creationTimestamp: time('When the object was created. Set by the server.'),
  deletionGracePeriodSeconds: int64('Seconds that the object is given to end. Set with deletionTimestamp.'),
  deletionTimestamp: time('When the object goes, or went once its finalizers are gone. Set by the server.'),
  finalizers: strings('What must be done before the object is removed.').merged(),
  generateName: string('Beginning of a name that the server completes when there is no name.'),
  generation: int64('Counts changes of the desired state. Set by the server.'),
  labels: stringMap('Data by which objects are grouped and selected.'),
  managedFields: listOf(managedFieldsEntry, 'Who manages which fields.').atomic(),
  name: string('Unique within the namespace and kind; never changes.'),
  namespace: string('Namespace of the object; empty for cluster-scoped kinds.'),
  ownerReferences: listOf(ownerReference, 'Objects that this one belongs to; it is deleted after them.').mergeBy('uid'),
  resourceVersion: string('Opaque version of this state. Set by the server.'),
  selfLink: string('No longer set.'),
  uid: string('Unique in time and space. Set by the server.'),
});

export const objectMeta = objectMetaField.schema;

export const listMeta = shared(`${META}.ListMeta`, 'What every list has.', {
  continue: string('Token for the next page; empty on the last one.'),
  remainingItemCount: int64('How many items are behind this page, when that is known.'),
  resourceVersion: string('Version of the collection that the list shows.'),
  selfLink: string('No longer set.'),
}).schema;
