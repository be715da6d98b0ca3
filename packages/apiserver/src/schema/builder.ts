/** The words in which kinds are written: `object`, `string`, `listOf(container).mergeBy('name')`. Each call gives a new field. */
import type { Schema } from '@longshore/kube';
import { named, namedLike } from './names.js';

/** A schema, and whether the object that has it as a field must have it. */
export class Field {
  constructor(
    readonly schema: Schema,
    readonly isRequired = false,
  ) {}

  /** This field with more in its schema; the name of a shared part stays, so that documents still refer to it. */
  with(more: Partial<Schema>): Field {
    return new Field(namedLike(this.schema, { ...this.schema, ...more }), this.isRequired);
  }

  /** Must be there and not empty: `Required value`. */
  required(): Field {
    return new Field(this.schema, true);
  }

  default(value: unknown): Field {
    return this.with({ default: value });
  }

  describe(description: string): Field {
    return this.with({ description });
  }

  /** The only values, in the order in which the message lists them. */
  values(...values: string[]): Field {
    return this.with({ enum: values });
  }

  /** `must be greater than or equal to n` */
  atLeast(minimum: number): Field {
    return this.with({ minimum });
  }

  /** A list whose items strategic merge patches tell apart by the first key, and server-side apply by all of them. */
  mergeBy(key: string, ...further: string[]): Field {
    return this.with({
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': key,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': [key, ...further],
    });
  }

  /** A list of plain values to which strategic merge patches add. */
  merged(): Field {
    return this.with({ 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-list-type': 'set' });
  }

  /** A union of which a strategic merge patch leaves only the keys that it names. */
  retainKeys(): Field {
    const strategy = this.schema['x-kubernetes-patch-strategy'] === 'merge' ? 'merge,retainKeys' : 'retainKeys';
    return this.with({ 'x-kubernetes-patch-strategy': strategy });
  }

  /** A list or map that is replaced as a whole. */
  atomic(): Field {
    const isList = this.schema.type === 'array';
    return this.with(isList ? { 'x-kubernetes-list-type': 'atomic' } : { 'x-kubernetes-map-type': 'atomic' });
  }
}

export type Fields = Readonly<Record<string, Field>>;

export function object(description: string, fields: Fields): Field {
  const entries = Object.entries(fields);
  const required = entries.filter(([, field]) => field.isRequired).map(([name]) => name);
  return new Field({
    type: 'object',
    description,
    ...(entries.length > 0 && { properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])) }),
    ...(required.length > 0 && { required }),
  });
}

/** A part that several kinds share, under the name that Kubernetes gives it. */
export function shared(name: string, description: string, fields: Fields, more: Partial<Schema> = {}): Field {
  return new Field(named(name, { ...object(description, fields).schema, ...more }));
}

const scalar =
  (schema: Schema) =>
  (description: string): Field =>
    new Field({ ...schema, description });

export const string = scalar({ type: 'string' });
export const boolean = scalar({ type: 'boolean' });
export const int32 = scalar({ type: 'integer', format: 'int32' });
export const int64 = scalar({ type: 'integer', format: 'int64' });
export const number = scalar({ type: 'number', format: 'double' });
/** Base64. */
export const bytes = scalar({ type: 'string', format: 'byte' });

const namedScalar = (name: string, schema: Schema) => {
  const part = new Field(named(name, schema));
  return (description: string): Field => part.describe(description);
};

/** RFC 3339, seconds. */
export const time = namedScalar('io.k8s.apimachinery.pkg.apis.meta.v1.Time', {
  type: 'string',
  format: 'date-time',
  description: 'A point in time (RFC 3339), to the second.',
});
/** RFC 3339, microseconds. */
export const microTime = namedScalar('io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime', {
  type: 'string',
  format: 'date-time',
  description: 'A point in time (RFC 3339), to the microsecond.',
});
export const intOrString = namedScalar('io.k8s.apimachinery.pkg.util.intstr.IntOrString', {
  'x-kubernetes-int-or-string': true,
  format: 'int-or-string',
  description: 'A whole number, or a text such as a percentage or the name of a port.',
});
export const quantity = namedScalar('io.k8s.apimachinery.pkg.api.resource.Quantity', {
  type: 'string',
  format: 'quantity',
  description: 'An amount with an optional suffix: 500m, 2, 64Mi, 1e3.',
});
/** An object of any shape. */
export const anyObject = namedScalar('io.k8s.apimachinery.pkg.runtime.RawExtension', {
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
  description: 'An object of any shape.',
});

/** Items take the description of their own schema. */
export function listOf(item: Field, description: string): Field {
  return new Field({ type: 'array', items: item.schema, description });
}

export function mapOf(value: Field, description: string): Field {
  return new Field({ type: 'object', additionalProperties: value.schema, description });
}

export const strings = (description: string): Field => listOf(string(''), description);
export const stringMap = (description: string): Field => mapOf(string(''), description);
