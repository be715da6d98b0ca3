import type { Schema } from '@longshore/kube';
import type { ResourceDefinition } from '../definition.js';
import { nameOf } from '../schema/names.js';
import { deleteOptions, patch, status, watchEvent } from './common-schemas.js';
import { Components, type Dialect, type Json } from './components.js';
import { gvkExtension, writeKind, writeSubresourceKind } from './kind-schemas.js';
import { operationsOf, type Operation } from './operations.js';
import { NAME, NAMESPACE, PARAMETERS, type Parameter } from './parameters.js';

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];
const CUSTOM_PATCH_TYPES = PATCH_TYPES.slice(0, 2);
const BODY_TYPES = ['application/json', 'application/yaml'];
const WATCH_TYPE = 'application/json;stream=watch';

export interface DocumentInfo {
  title: string;
  version: string;
}

/** An OpenAPI document of the kinds that are given: one group and version in version 3, all in version 2. */
export function writeDocument(definitions: readonly ResourceDefinition[], dialect: Dialect, info: DocumentInfo): Json {
  const components = new Components(dialect);
  const common = [deleteOptions, patch, status, watchEvent];
  for (const schema of common) components.write(schema);
  const paths: Record<string, Json> = {};
  for (const definition of definitions) {
    const names = writeKind(definition, components);
    for (const operation of operationsOf(definition)) {
      const write = dialect === 'v3' ? writeOperation3 : writeOperation2;
      const types = { ...names, patch: definition.custom ? CUSTOM_PATCH_TYPES : PATCH_TYPES };
      (paths[operation.path] ??= {})[operation.method] = write(operation, components, types);
    }
  }
  nameDeleteOptions(definitions, components);
  const schemas = Object.fromEntries([...components.schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  if (dialect === 'v3') return { openapi: '3.0.0', info, paths, components: { schemas } };
  return { swagger: '2.0', info, paths, definitions: schemas, parameters: sharedParameters() };
}

/** Deletions are the same for all groups, so their options have a kind in each. */
function nameDeleteOptions(definitions: readonly ResourceDefinition[], components: Components): void {
  const name = nameOf(deleteOptions) ?? '';
  const groups = new Map(definitions.map(({ group, version }) => [`${group}/${version}`, { group, version }]));
  const kinds = [...groups.values()].map(({ group, version }) => ({ group, kind: 'DeleteOptions', version }));
  components.schemas.set(name, { ...components.schemas.get(name), ...gvkExtension(...kinds) });
}

interface Names {
  object: string;
  list: string;
  patch: readonly string[];
}

function schemaOf(
  what: 'object' | 'list' | 'status' | Schema,
  { gvk }: Operation,
  components: Components,
  names: Names,
): Json {
  if (what === 'object' || what === 'list') return components.reference(names[what]);
  if (what === 'status') return components.write(status);
  if (what === patch || what === deleteOptions) return components.write(what);
  return components.reference(writeSubresourceKind(what, gvk, nameOf(what), components));
}

const describe = ({ action, gvk }: Operation) => `${action} ${gvk.kind}`;

function basics(operation: Operation): Json {
  const { action, id, gvk } = operation;
  return {
    operationId: id,
    description: describe(operation),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  };
}

const parametersOf = ({ action, pathParameters }: Operation): Parameter[] => [...pathParameters, ...PARAMETERS[action]];

function writeOperation3(operation: Operation, components: Components, names: Names): Json {
  const content = (schema: Json, types: readonly string[]) => ({
    content: Object.fromEntries(types.map((type) => [type, { schema }])),
  });
  const { body, answer, action } = operation;
  const answerTypes = action === 'list' ? [...BODY_TYPES, WATCH_TYPE] : BODY_TYPES;
  const ok = { description: 'OK', ...content(schemaOf(answer, operation, components, names), answerTypes) };
  return {
    ...basics(operation),
    parameters: parametersOf(operation).map(({ type, ...parameter }) => ({ ...parameter, schema: { type } })),
    ...(body !== undefined && {
      requestBody: content(schemaOf(body, operation, components, names), body === patch ? names.patch : BODY_TYPES),
    }),
    responses: responses(operation, ok),
  };
}

function writeOperation2(operation: Operation, components: Components, names: Names): Json {
  const { body, answer, action } = operation;
  const ok = { description: 'OK', schema: schemaOf(answer, operation, components, names) };
  const bodyParameter = body !== undefined && {
    name: 'body',
    in: 'body',
    required: body !== deleteOptions,
    schema: schemaOf(body, operation, components, names),
  };
  return {
    ...basics(operation),
    consumes: body === patch ? names.patch : BODY_TYPES,
    produces: action === 'list' ? [...BODY_TYPES, WATCH_TYPE] : BODY_TYPES,
    schemes: ['https'],
    parameters: [
      ...parametersOf(operation).map(({ name }) => ({ $ref: `#/parameters/${name}` })),
      ...(bodyParameter ? [bodyParameter] : []),
    ],
    responses: responses(operation, ok),
  };
}

function responses({ action }: Operation, ok: Json): Json {
  const unauthorized = { description: 'Unauthorized' };
  if (action === 'post' || action === 'put') {
    return { '200': ok, '201': { ...ok, description: 'Created' }, '401': unauthorized };
  }
  return { '200': ok, '401': unauthorized };
}

function sharedParameters(): Record<string, Json> {
  const all: Parameter[] = [NAME, NAMESPACE, ...Object.values(PARAMETERS).flat()];
  return Object.fromEntries(all.map((parameter) => [parameter.name, { uniqueItems: true, ...parameter }]));
}
