import type { StatusCause } from '@longshore/kube';
import { invalidValue } from '../schema/field-error.js';
import { pruneUnknown } from '../schema/prune.js';
import { validateSchema } from '../schema/validate.js';
import { innerSchemas, type PlacedSchema } from './schema-document.js';

/** Defaults must be valid by the schema that they stand in, without fields that it does not know. */
export function* checkDefaults(placed: PlacedSchema): Generator<StatusCause> {
  const { path, schema } = placed;
  if (schema.default !== undefined) {
    const field = `${path}.default`;
    const unknown = pruneUnknown(
      { value: structuredClone(schema.default) },
      { type: 'object', properties: { value: schema } },
    );
    if (unknown.length > 0) yield invalidValue(field, schema.default, 'must not have unspecified fields');
    yield* validateSchema(schema.default, schema, field);
  }
  for (const child of innerSchemas(placed)) yield* checkDefaults(child);
}
