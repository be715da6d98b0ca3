import type { Schema } from '@longshore/kube';
import { sharedPart } from '../schema/names.js';

export type Json = Record<string, unknown>;

/** Which OpenAPI is written: they differ in where shared parts stand and in which keywords there are. */
export type Dialect = 'v2' | 'v3';

const REF_ROOT = { v2: '#/definitions/', v3: '#/components/schemas/' };

/** Keywords that mean the same in both. */
const COMMON = [
  'title',
  'description',
  'format',
  'default',
  'enum',
  'required',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'example',
  'externalDocs',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
] as const satisfies readonly (keyof Schema)[];

/** What a field may say of itself beside the reference to the shared part that it is. */
const BESIDE_REFERENCE = [
  'description',
  'default',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-strategy',
] as const satisfies readonly (keyof Schema)[];

function pick(schema: Schema, keywords: readonly (keyof Schema)[]): Json {
  return Object.fromEntries(
    keywords.filter((keyword) => schema[keyword] !== undefined).map((keyword) => [keyword, schema[keyword]]),
  );
}

/** The shared parts of a document, each written once, however often it is used. */
export class Components {
  readonly schemas = new Map<string, Json>();

  constructor(readonly dialect: Dialect) {}

  reference(name: string): Json {
    return { $ref: REF_ROOT[this.dialect] + name };
  }

  /** A schema as the document has it; the shared parts in it become references. */
  write(schema: Schema): Json {
    const part = sharedPart(schema);
    if (part === undefined) return this.writeWhole(schema);
    if (!this.schemas.has(part.name)) {
      // Entered before it is written, for parts that contain themselves.
      this.schemas.set(part.name, {});
      this.schemas.set(part.name, this.writeWhole(part.base));
    }
    const reference = this.reference(part.name);
    if (schema === part.base) return reference;
    const more = pick(
      schema,
      BESIDE_REFERENCE.filter((keyword) => schema[keyword] !== part.base[keyword]),
    );
    return this.dialect === 'v2' ? { ...more, ...reference } : { ...more, allOf: [reference] };
  }

  private writeWhole(schema: Schema): Json {
    const whole = { ...this.writeType(schema), ...pick(schema, COMMON) };
    if (this.dialect === 'v3') return { ...whole, ...this.writeParts(schema), ...this.writeAlternatives(schema) };
    const { required, properties = {} } = schema;
    const needed = required?.filter((name) => !(Object.hasOwn(properties, name) && properties[name]?.nullable));
    // Clients that check by version 2 would refuse null, and unknown fields beside known ones (apiextensions, `ToStructuralOpenAPIV2`).
    const isOpen = schema.nullable || schema['x-kubernetes-preserve-unknown-fields'];
    return {
      ...whole,
      ...(needed && { required: needed.length > 0 ? needed : undefined }),
      ...(!isOpen && this.writeParts(schema)),
    };
  }

  private writeParts({ properties, items, additionalProperties }: Schema): Json {
    return {
      ...(properties && { properties: this.writeAll(properties) }),
      ...(items && { items: this.write(items) }),
      ...(typeof additionalProperties === 'object' && { additionalProperties: this.write(additionalProperties) }),
      ...(additionalProperties === true && this.dialect === 'v3' && { additionalProperties }),
    };
  }

  private writeAll(properties: Readonly<Record<string, Schema>>): Json {
    return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, this.write(schema)]));
  }

  /** Version 2 has no alternatives: there, a number or text is a text, and what may be null has no type. */
  private writeType({ type, format, nullable, ...schema }: Schema): Json {
    if (schema['x-kubernetes-int-or-string']) {
      if (this.dialect === 'v2') return format === undefined ? {} : { type: 'string' };
      return { oneOf: [{ type: 'integer' }, { type: 'string' }] };
    }
    if (format === 'quantity' && this.dialect === 'v3') return { oneOf: [{ type: 'string' }, { type: 'number' }] };
    if (type === undefined || (nullable && this.dialect === 'v2')) return {};
    return { type, ...(nullable && { nullable }) };
  }

  private writeAlternatives({ anyOf, oneOf, allOf, not }: Schema): Json {
    const list = (schemas: readonly Schema[]) => schemas.map((schema) => this.write(schema));
    return {
      ...(anyOf && { anyOf: list(anyOf) }),
      ...(oneOf && { oneOf: list(oneOf) }),
      ...(allOf && { allOf: list(allOf) }),
      ...(not && { not: this.write(not) }),
    };
  }
}
