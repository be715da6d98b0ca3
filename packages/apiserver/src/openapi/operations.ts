import type { Schema } from '@longshore/kube';
import type { ResourceDefinition, Verb } from '../definition.js';
import { subresourcesOf } from '../request/subresources.js';
import { Resource } from '../resources/resource.js';
import { deleteOptions, patch, scale } from './common-schemas.js';
import { NAME, NAMESPACE, type Action, type Parameter } from './parameters.js';

export interface GroupVersionKind {
  group: string;
  kind: string;
  version: string;
}

/** One thing that can be done at a path, before it is written in a dialect. */
export interface Operation {
  path: string;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  action: Action;
  id: string;
  gvk: GroupVersionKind;
  /** What is sent; `object` is the kind itself. */
  body?: 'object' | Schema;
  answer: 'object' | 'list' | 'status' | Schema;
  pathParameters: readonly Parameter[];
}

const METHODS: Record<Action, Operation['method']> = {
  get: 'get',
  list: 'get',
  post: 'post',
  put: 'put',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
};

const IDS: Record<Action, string> = {
  get: 'read',
  list: 'list',
  post: 'create',
  put: 'replace',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'deleteCollection',
};

const COLLECTION: readonly [Verb, Action][] = [
  ['list', 'list'],
  ['create', 'post'],
  ['deletecollection', 'deletecollection'],
];
const ITEM: readonly [Verb, Action][] = [
  ['get', 'get'],
  ['update', 'put'],
  ['patch', 'patch'],
  ['delete', 'delete'],
];
const SUBRESOURCE: readonly [Verb, Action][] = [
  ['get', 'get'],
  ['create', 'post'],
  ['update', 'put'],
  ['patch', 'patch'],
];

const pascal = (text: string) =>
  text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

/** What can be done with a kind and its subresources. */
export function operationsOf(definition: ResourceDefinition): Operation[] {
  const { group, version, kind, plural } = definition;
  const resource = new Resource(definition);
  const { verbs, namespaced } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const inNamespace = namespaced ? [NAMESPACE] : [];
  const groupName = pascal(group === '' ? 'core' : (group.split('.')[0] ?? '')) + pascal(version);
  const make: MakeOperation = (action, behind = '', name = '') => ({
    path: collection + behind,
    method: METHODS[action],
    action,
    id: `${IDS[action]}${groupName}${namespaced ? 'Namespaced' : ''}${kind}${pascal(name)}`,
    gvk: { group, kind, version },
    pathParameters: behind === '' ? inNamespace : [...inNamespace, NAME],
    ...shapes(action),
  });
  const has = ([verb]: readonly [Verb, Action]) => verbs.has(verb);
  const operations = [
    ...COLLECTION.filter(has).map(([, action]) => make(action)),
    ...ITEM.filter(has).map(([, action]) => make(action, '/{name}')),
    ...subresourceOperations(resource, make),
  ];
  if (!namespaced || !verbs.has('list')) return operations;
  const id = `list${groupName}${kind}ForAllNamespaces`;
  return [...operations, { ...make('list'), id, path: `${root}/${plural}`, pathParameters: [] }];
}

/** `behind`: what stands in the path behind the collection; `name`: of a subresource. */
type MakeOperation = (action: Action, behind?: string, name?: string) => Operation;

function subresourceOperations(resource: Resource, make: MakeOperation): Operation[] {
  return subresourcesOf(resource).flatMap(({ name, kind, group, version, verbs }) => {
    const own = resource.definition.subresources?.[name];
    // Text has no schema.
    if (own?.text !== undefined) return [];
    const schema = own?.schema ?? (name === 'scale' ? scale : undefined);
    return SUBRESOURCE.filter(([verb]) => verbs.includes(verb)).map(([, action]) => ({
      ...make(action, `/{name}/${name}`, name),
      gvk: { group, kind, version },
      ...(schema !== undefined && shapes(action, schema)),
    }));
  });
}

/** What an action takes and answers; `kind` is the schema of what it works on. */
function shapes(action: Action, kind: 'object' | Schema = 'object'): Pick<Operation, 'body' | 'answer'> {
  switch (action) {
    case 'list':
      return { answer: 'list' };
    case 'get':
      return { answer: kind };
    case 'patch':
      return { body: patch, answer: kind };
    case 'delete':
    case 'deletecollection':
      return { body: deleteOptions, answer: 'status' };
    default:
      return { body: kind, answer: kind };
  }
}
