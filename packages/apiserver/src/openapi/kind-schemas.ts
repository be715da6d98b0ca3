import type { Schema } from '@longshore/kube';
import type { ResourceDefinition } from '../definition.js';
import { Resource } from '../resources/resource.js';
import { Field, string } from '../schema/builder.js';
import { listMeta, objectMeta } from '../schema/object-meta.js';
import { componentName, packageName } from './component-name.js';
import type { Components, Json } from './components.js';

const TYPE_META = {
  apiVersion: string('Version of the schema of this object.').schema,
  kind: string('Kind of this object.').schema,
};

/** The whole object: the schema of a definition and what every object has. */
function withTypeMeta(schema: Schema, metadata: Schema, words: string): Schema {
  const described = new Field(metadata).describe(words).schema;
  return { ...schema, properties: { ...schema.properties, ...TYPE_META, metadata: described } };
}

/** Enters a kind, and its list when it has one, and returns their names. */
export function writeKind(definition: ResourceDefinition, components: Components): { object: string; list: string } {
  const { group, version, kind } = definition;
  const object = componentName(definition);
  const { listKind, verbs } = new Resource(definition);
  const list = object.replace(/[^.]+$/, listKind);
  const whole = withTypeMeta(definition.schema, objectMeta, 'Standard object metadata.');
  enter(components, object, whole, { group, kind, version });
  if (verbs.has('list')) {
    const listSchema: Schema = withTypeMeta(
      { type: 'object', description: `A list of ${kind} objects.`, required: ['items'] },
      listMeta,
      'Standard list metadata.',
    );
    const written = components.write(listSchema);
    const items = { type: 'array', description: 'The objects.', items: components.reference(object) };
    components.schemas.set(list, {
      ...written,
      properties: { ...(written.properties as Json), items },
      ...gvkExtension({ group, kind: listKind, version }),
    });
  }
  return { object, list };
}

/** Enters the kind that a subresource takes, and returns its name. */
export function writeSubresourceKind(
  schema: Schema,
  gvk: { group: string; kind: string; version: string },
  name: string | undefined,
  components: Components,
): string {
  const component = name ?? `${packageName(gvk.group, gvk.version)}.${gvk.kind}`;
  enter(components, component, withTypeMeta(schema, objectMeta, 'Standard object metadata.'), gvk);
  return component;
}

function enter(
  components: Components,
  name: string,
  schema: Schema,
  gvk: { group: string; kind: string; version: string },
): void {
  if (components.schemas.has(name)) return;
  components.schemas.set(name, { ...components.write(schema), ...gvkExtension(gvk) });
}

export function gvkExtension(...kinds: { group: string; kind: string; version: string }[]): Json {
  return { 'x-kubernetes-group-version-kind': kinds };
}
