import type { Schema } from '@longshore/kube';

type More = Omit<Schema, 'type' | 'description'>;

export const text = (description: string, more: More = {}): Schema => ({ type: 'string', description, ...more });

export const choice = (description: string, values: readonly string[], more: More = {}): Schema =>
  text(description, { enum: values, ...more });

export const flag = (description: string): Schema => ({ type: 'boolean', description });

export const int32 = (description: string, more: More = {}): Schema => ({
  type: 'integer',
  format: 'int32',
  description,
  ...more,
});

export const int64 = (description: string, more: More = {}): Schema => ({
  ...int32(description, more),
  format: 'int64',
});

export const fields = (description: string, properties: Record<string, Schema>, more: More = {}): Schema => ({
  type: 'object',
  description,
  properties,
  ...more,
});

export const listOf = (description: string, items: Schema, more: More = {}): Schema => ({
  type: 'array',
  description,
  items,
  'x-kubernetes-list-type': 'atomic',
  ...more,
});

export const mapOf = (description: string, values: Schema): Schema => ({
  type: 'object',
  description,
  additionalProperties: values,
});

/** Anything, kept as it is. */
export const anything = (description: string): Schema => ({
  type: 'object',
  description,
  nullable: true,
  'x-kubernetes-preserve-unknown-fields': true,
});

const quantity: Schema = {
  'x-kubernetes-int-or-string': true,
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  pattern: String.raw`^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$`,
};

/** Quantities by resource. */
export const quantities = (description: string): Schema => mapOf(description, quantity);

/** Durations as Go reads them; the format of the API server lets more through. */
const GO_DURATION = '^(0|([0-9]+([.][0-9]+)?(ns|us|ms|s|m|h))+)$';

export const duration = (description: string): Schema =>
  text(description, { format: 'duration', pattern: GO_DURATION });

export const LOG_LEVELS = ['', 'Normal', 'Debug', 'Trace', 'TraceAll'] as const;
