import type { Change, Decision } from '@longshore/operator';
import { counted } from '../counted.js';

const SIGNS: Readonly<Record<Change['action'], string>> = { create: '+', update: '~', patch: '~', delete: '-' };

/** A plan as lines: what would be made (+), changed (~) and deleted (-), then warnings and next steps. */
export function formatPlan({ changes, warnings, nextSteps }: Decision): string {
  const lines = [
    ...changes.flatMap((change) => [
      `${SIGNS[change.action]} ${nameOf(change)}`,
      ...change.detail.map((detail) => `    ${detail}`),
    ]),
    changes.length === 0 ? 'nothing would change' : `${counted(changes.length, 'change')}`,
    ...warnings.map((text) => `warning: ${text}`),
    ...nextSteps.map((text) => `next: ${text}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** `deployments.apps openshift-image-registry/image-registry` */
function nameOf({ type, name, namespace }: Change): string {
  const kind = type.group === '' ? type.resource : `${type.resource}.${type.group}`;
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** The same for programs. Objects themselves are left out, as some hold secrets. */
export function planJson({ changes, warnings, nextSteps, conditions }: Decision): object {
  return {
    changes: changes.map(({ action, type, name, namespace, detail }) => ({
      action: action === 'patch' ? 'update' : action,
      group: type.group,
      version: type.version,
      resource: type.resource,
      ...(namespace !== undefined && { namespace }),
      name,
      detail,
    })),
    warnings,
    nextSteps,
    conditions: conditions.map(({ type, status, reason, message }) => ({ type, status, reason, message })),
  };
}
