import type { Schema } from '@longshore/kube';
import type { ResourceDefinition, Verb } from '../definition.js';
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

const pascal = (text: string) =>
  text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

/** What can be done with a kind and its subresources. */
export function operationsOf(definition: ResourceDefinition): Operation[] {
  const { group, version, kind, plural, scope } = definition;
  const gvk = { group, kind, version };
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const isNamespaced = scope === 'Namespaced';
  const collection = isNamespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const item = `${collection}/{name}`;
  const inNamespace = isNamespaced ? [NAMESPACE] : [];
  const ofItem = [...inNamespace, NAME];
  const groupName = pascal(group === '' ? 'core' : (group.split('.')[0] ?? '')) + pascal(version);
  const id = (action: Action, suffix = '') =>
    `${IDS[action]}${groupName}${isNamespaced ? 'Namespaced' : ''}${kind}${suffix}`;
  const operation = (action: Action, path: string, more: Partial<Operation> = {}): Operation => ({
    path,
    method: METHODS[action],
    action,
    id: id(action),
    gvk,
    pathParameters: path.includes('{name}') ? ofItem : inNamespace,
    ...shapes(action),
    ...more,
  });

  const { verbs } = new Resource(definition);
  const has = ([verb]: readonly [Verb, Action]) => verbs.has(verb);
  const operations = [
    ...COLLECTION.filter(has).map(([, action]) => operation(action, collection)),
    ...ITEM.filter(has).map(([, action]) => operation(action, item)),
  ];
  if (isNamespaced && verbs.has('list')) {
    const everywhere = { id: `list${groupName}${kind}ForAllNamespaces`, pathParameters: [] };
    operations.push(operation('list', `${root}/${plural}`, everywhere));
  }
  const subresource = (name: string, actions: readonly Action[], more: Partial<Operation>, body?: Schema) => {
    for (const action of actions) {
      const shape = body === undefined ? {} : shapes(action, body);
      operations.push(operation(action, `${item}/${name}`, { id: id(action, pascal(name)), ...shape, ...more }));
    }
  };
  if (definition.status) subresource('status', ['get', 'put', 'patch'], {});
  if (definition.scale) {
    subresource(
      'scale',
      ['get', 'put', 'patch'],
      { gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
      scale,
    );
  }
  for (const [name, part] of Object.entries(definition.subresources ?? {})) {
    const actions: Action[] = [];
    if (part.get) actions.push('get');
    if (part.create) actions.push('post');
    if (part.update) actions.push('put');
    const partGvk = { group: part.group ?? group, version: part.version ?? version, kind: part.kind };
    subresource(name, actions, { gvk: partGvk }, part.schema);
  }
  return operations;
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
