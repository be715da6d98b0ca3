import type { KubeObject } from '@longshore/kube';
import type { ResourceDefinition, TableColumn } from '../definition.js';
import { ageSince } from './age.js';
import { JsonPath } from './json-path.js';

type Cell = string | number | boolean | null;

/** `metav1.TableColumnDefinition` */
export interface ColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

const NAME: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated.',
  value: ({ metadata }) => metadata.name ?? '',
};

const AGE: TableColumn = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.',
  value: ({ metadata }, now) => ageSince(metadata.creationTimestamp, now),
};

/** Prints objects of one kind into the cells of `kubectl get`. */
export class Printer {
  readonly columns: readonly ColumnDefinition[];
  private readonly cellMakers: readonly ((object: KubeObject, now: Date) => Cell)[];

  constructor({ columns = [AGE], custom = false }: Pick<ResourceDefinition, 'columns' | 'custom'>) {
    // Custom resources get it in any case, as in Kubernetes.
    const hasName = !custom && columns.some(({ name }) => name === NAME.name);
    const all = hasName ? columns : [NAME, ...columns];
    this.columns = all.map(describeColumn);
    this.cellMakers = all.map(cellMaker);
  }

  cells(object: KubeObject, now: Date): Cell[] {
    return this.cellMakers.map((make) => make(object, now));
  }
}

function describeColumn({ name, type, format = '', description = '', priority = 0 }: TableColumn): ColumnDefinition {
  return { name, type, format, description, priority };
}

function cellMaker({ value, type }: TableColumn): (object: KubeObject, now: Date) => Cell {
  if (typeof value !== 'string') return value;
  const path = JsonPath.parse(value);
  return (object, now) => {
    // Of several values Kubernetes shows the first, too.
    const [found] = path.find(object);
    return found === undefined ? null : formatCell(found, type, now);
  };
}

/** As the table converter of custom resources prints (apiextensions, `cellForJSONValue`). */
function formatCell(value: unknown, type: TableColumn['type'], now: Date): Cell {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? ageSince(value, now) : null;
    case 'string':
      if (typeof value === 'string') return value;
      return JSON.stringify(value);
  }
}
