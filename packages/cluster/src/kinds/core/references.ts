/** References between objects, as `core/v1` has them. */
import { s } from '@longshore/apiserver';

const CORE = 'io.k8s.api.core.v1';
const ATOMIC = { 'x-kubernetes-map-type': 'atomic' } as const;

export const localObjectReference = s.shared(
  `${CORE}.LocalObjectReference`,
  'An object in the same namespace.',
  { name: s.string('Name of the object.') },
  ATOMIC,
);

export const objectReference = s.shared(
  `${CORE}.ObjectReference`,
  'An object, or a part of one.',
  {
    apiVersion: s.string('API version of the object.'),
    fieldPath: s.string('The part that is meant: spec.containers{name}.'),
    kind: s.string('Kind of the object.'),
    name: s.string('Name of the object.'),
    namespace: s.string('Namespace of the object.'),
    resourceVersion: s.string('The version that is meant.'),
    uid: s.string('UID of the object.'),
  },
  ATOMIC,
);

export const typedLocalObjectReference = s.shared(
  `${CORE}.TypedLocalObjectReference`,
  'An object of some kind in the same namespace.',
  {
    apiGroup: s.string('API group of the object.'),
    kind: s.string('Kind of the object.'),
    name: s.string('Name of the object.'),
  },
  ATOMIC,
);

export const typedObjectReference = s.shared(`${CORE}.TypedObjectReference`, 'An object of some kind.', {
  apiGroup: s.string('API group of the object.'),
  kind: s.string('Kind of the object.'),
  name: s.string('Name of the object.'),
  namespace: s.string('Namespace of the object.'),
});

export const secretReference = s.shared(
  `${CORE}.SecretReference`,
  'A secret in any namespace.',
  { name: s.string('Name of the secret.'), namespace: s.string('Namespace of the secret.') },
  ATOMIC,
);

export const resourceList = (description: string) => s.mapOf(s.quantity(''), description);
