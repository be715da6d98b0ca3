import { forbiddenField, s } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import type { NamespaceSpec, NamespaceStatus } from 'kubernetes-types/core/v1.js';
import { age, column } from '../columns.js';
import { defineKind } from '../kind.js';
import { olderCondition } from '../meta.js';

export type Namespace = KubeObject & { spec?: NamespaceSpec; status?: NamespaceStatus };

const CORE = 'io.k8s.api.core.v1';
const NAME_LABEL = 'kubernetes.io/metadata.name';
/** While it is there, the namespace stays until its content is gone. */
const KUBERNETES_FINALIZER = 'kubernetes';

function setNameLabel({ metadata }: Namespace): void {
  if (metadata.name !== undefined) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
}

export const namespaces = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  scope: 'Cluster',
  shortNames: ['ns'],
  description: 'A scope for names, rights and limits.',
  fields: {
    spec: s.shared(`${CORE}.NamespaceSpec`, 'What stands against its removal.', {
      finalizers: s.strings('What must be done before it is removed.').atomic(),
    }),
    status: s.shared(`${CORE}.NamespaceStatus`, 'How it is.', {
      conditions: s.listOf(olderCondition(`${CORE}.NamespaceCondition`), 'What its removal waits for.').mergeBy('type'),
      phase: s.string('Active or Terminating.'),
    }),
  },
  columns: [column('Status', ({ status }) => status?.phase ?? ''), age],
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  stored: {
    name: 'label',
    generation: false,
    setDefaults: setNameLabel,
    prepareForCreate: (namespace) => {
      const others = (namespace.spec?.finalizers ?? []).filter((name) => name !== KUBERNETES_FINALIZER);
      namespace.spec = { finalizers: [...others, KUBERNETES_FINALIZER] };
      namespace.status = { phase: 'Active' };
      // A generated name is known only now.
      setNameLabel(namespace);
    },
    prepareForUpdate: setNameLabel,
    prepareForDelete: (namespace) => {
      namespace.status = { ...namespace.status, phase: 'Terminating' };
    },
    specFinalizers: true,
    returnDeletedObject: true,
    validateStatusUpdate: ({ metadata, status }) => {
      const isDeleted = metadata.deletionTimestamp !== undefined;
      if (!isDeleted && status?.phase !== 'Active') {
        return [forbiddenField('status.Phase', "may only be 'Active' if `deletionTimestamp` is empty")];
      }
      if (isDeleted && status?.phase !== 'Terminating') {
        return [forbiddenField('status.Phase', "may only be 'Terminating' if `deletionTimestamp` is not empty")];
      }
      return [];
    },
  },
});
