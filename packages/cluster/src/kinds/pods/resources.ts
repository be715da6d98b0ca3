/** Amounts of resources: what containers request and what they may use at most. */
import { invalidValue, requiredValue } from '@longshore/apiserver';
import { checkQualifiedName, Quantity, type StatusCause } from '@longshore/kube';
import type { ResourceRequirements } from 'kubernetes-types/core/v1.js';
import { problems } from '../checks.js';

type Amounts = Readonly<Record<string, string | number>>;

const STANDARD = new Set(['cpu', 'memory', 'ephemeral-storage']);

const isNative = (name: string) => !name.includes('/') || name.startsWith('kubernetes.io/');
const mayOvercommit = (name: string) => isNative(name) && !name.startsWith('hugepages-');

function checkResourceName(name: string, field: string): StatusCause[] {
  const words = checkQualifiedName(name);
  if (words.length > 0) return problems(field, name, words);
  if (!name.includes('/') && !STANDARD.has(name) && !name.startsWith('hugepages-')) {
    return problems(field, name, [
      'must be a standard resource type or fully qualified',
      'must be a standard resource for containers',
    ]);
  }
  return [];
}

/** `must be greater than or equal to 0` */
function checkAmount(name: string, amount: string | number, field: string): StatusCause[] {
  const quantity = Quantity.parse(String(amount));
  if (quantity.nanos < 0n) return [invalidValue(field, quantity.toString(), 'must be greater than or equal to 0')];
  if (!mayOvercommit(name) && quantity.nanos % 1_000_000_000n !== 0n) {
    return [invalidValue(field, quantity.toString(), 'must be an integer')];
  }
  return [];
}

export function checkResources({ limits = {}, requests = {} }: ResourceRequirements, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [kind, amounts] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, amount] of Object.entries(amounts as Amounts)) {
      const path = `${field}.${kind}[${name}]`;
      causes.push(...checkResourceName(name, path), ...checkAmount(name, amount, path));
    }
  }
  for (const [name, amount] of Object.entries(requests as Amounts)) {
    const limit = (limits as Amounts)[name];
    if (limit === undefined) {
      if (!mayOvercommit(name)) {
        causes.push(requiredValue(`${field}.limits`, 'Limit must be set for non overcommitable resources'));
      }
      continue;
    }
    const order = Quantity.parse(String(amount)).compare(Quantity.parse(String(limit)));
    if (order > 0) {
      causes.push(
        invalidValue(`${field}.requests`, String(amount), `must be less than or equal to ${name} limit of ${limit}`),
      );
    } else if (order < 0 && !mayOvercommit(name)) {
      causes.push(invalidValue(`${field}.requests`, String(amount), `must be equal to ${name} limit of ${limit}`));
    }
  }
  return causes;
}
