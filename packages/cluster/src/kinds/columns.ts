import { ageSince, type TableColumn } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';

type Cell = string | number | boolean | null;

/** A column that `kubectl get` always shows. */
export function column<T extends KubeObject>(
  name: string,
  value: (object: T, now: Date) => Cell | undefined,
  type: TableColumn['type'] = 'string',
): TableColumn<T> {
  return { name, type, value: (object, now) => value(object, now) ?? '' };
}

/** A column for `-o wide`. */
export function wide<T extends KubeObject>(
  name: string,
  value: (object: T, now: Date) => Cell | undefined,
): TableColumn<T> {
  return { ...column(name, value), priority: 1 };
}

export const age: TableColumn = column('Age', ({ metadata }, now) => ageSince(metadata.creationTimestamp, now));

/** `a,b,c + 2 more...`, or `<none>`. */
export function formatList(items: readonly string[], max = Infinity): string {
  if (items.length === 0) return '<none>';
  return items.length <= max ? items.join(',') : `${items.slice(0, max).join(',')} + ${items.length - max} more...`;
}

export function orNone(text: string | undefined): string {
  return text === undefined || text === '' ? '<none>' : text;
}
