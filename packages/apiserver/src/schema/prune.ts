import type { Schema } from '@longshore/kube';
import { isObject, type JsonObject } from './json.js';
import { formatPath, type Path } from './path.js';
import { objectMeta } from './object-meta.js';

/** More unknown fields than these are taken away without being told. */
const MAX_TOLD = 100;

interface Walk {
  path: Path;
  unknown: string[];
}

type Prune = (value: unknown, walk: Walk) => void;

const plain = new WeakMap<Schema, Prune>();
const resources = new WeakMap<Schema, Prune>();

/**
 * Takes away what the schema of an object does not know and returns where it was, as strict decoding tells it:
 * `spec.template.foo`, `spec.containers[0].bar`. `apiVersion`, `kind` and `metadata` are known without being in the schema.
 * Changes the value in place.
 */
export function pruneUnknown(value: unknown, schema: Schema): string[] {
  const walk: Walk = { path: [], unknown: [] };
  pruneOf(schema, resources, true)(value, walk);
  return walk.unknown;
}

function pruneOf(schema: Schema, cache: WeakMap<Schema, Prune>, isResource: boolean): Prune {
  const known = cache.get(schema);
  if (known) return known;
  let compiled: Prune | undefined;
  const prune: Prune = (value, walk) => (compiled ??= compile(schema, isResource))(value, walk);
  cache.set(schema, prune);
  return prune;
}

const childOf = (schema: Schema): Prune =>
  schema['x-kubernetes-embedded-resource'] ? pruneOf(schema, resources, true) : pruneOf(schema, plain, false);

const keep: Prune = () => undefined;

function compile(schema: Schema, isResource: boolean): Prune {
  const properties = new Map(Object.entries(schema.properties ?? {}).map(([name, child]) => [name, childOf(child)]));
  if (isResource) {
    properties.set('apiVersion', keep);
    properties.set('kind', keep);
    properties.set('metadata', childOf(objectMeta));
  }
  const { additionalProperties, items } = schema;
  const others =
    typeof additionalProperties === 'object'
      ? childOf(additionalProperties)
      : additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields']
        ? keep
        : undefined;
  const item = items && childOf(items);
  const isScalar = schema.type !== undefined && schema.type !== 'object';

  const pruneObject = (object: JsonObject, walk: Walk) => {
    for (const key of Object.keys(object)) {
      const child = properties.get(key) ?? others;
      walk.path.push(key);
      if (child) child(object[key], walk);
      else {
        if (walk.unknown.length < MAX_TOLD) walk.unknown.push(formatPath(walk.path));
        delete object[key];
      }
      walk.path.pop();
    }
  };
  return (value, walk) => {
    if (isObject(value)) {
      // An object where there should be a scalar stays whole, for the check of types to tell of it.
      if (!isScalar) pruneObject(value, walk);
    } else if (Array.isArray(value) && item) {
      for (const [at, entry] of value.entries()) {
        walk.path.push(at);
        item(entry, walk);
        walk.path.pop();
      }
    }
  };
}
