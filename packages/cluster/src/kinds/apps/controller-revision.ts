import { requiredValue, s } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import { checkImmutable, checkNonNegative } from '../checks.js';
import { age, column } from '../columns.js';
import { defineKind } from '../kind.js';

type ControllerRevision = KubeObject & { data?: unknown; revision?: number };

function controllerOf({ metadata: { ownerReferences = [] } }: ControllerRevision): string {
  const owner = ownerReferences.find(({ controller }) => controller);
  if (owner === undefined) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

export const controllerRevisions = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  description: 'How a daemon set or stateful set was once.',
  fields: {
    data: s.anyObject('What was so.'),
    revision: s.int64('Its number.'),
  },
  columns: [column('Controller', controllerOf), column('Revision', ({ revision }) => revision ?? 0, 'integer'), age],
  stored: {
    validate: ({ data, revision = 0 }) => [
      ...(data === undefined ? [requiredValue('data', 'data is mandatory')] : []),
      ...checkNonNegative(revision, 'revision'),
    ],
    validateUpdate: ({ data }, old) => checkImmutable(data, old.data, 'data'),
  },
});
