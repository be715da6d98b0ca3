import { parseBoolean } from '../rest/list-options.js';

/** What a request asks for, by its method and path (apiserver, `RequestInfoFactory`). */
export interface RequestInfo {
  /** Decoded, without slashes at the end. */
  path: string;
  /** Of API objects: create, get, list, …; else the method in lower case. */
  verb: string;
  isResource: boolean;
  group: string;
  version: string;
  /** `v1`, `apps/v1`; empty outside the API. */
  groupVersion: string;
  /** Of `namespaces/NAME` itself too, so that rights in a namespace reach it. */
  namespace: string;
  /** Whether the path goes through a namespace to something in it. */
  inNamespace: boolean;
  resource: string;
  name: string;
  subresource: string;
  /** What follows the subresource. */
  rest: readonly string[];
}

const VERBS: Record<string, string> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** Undefined for a path that cannot be decoded. */
export function parseRequestInfo(method: string, rawPath: string, query: URLSearchParams): RequestInfo | undefined {
  const path = decodePath(rawPath);
  if (path === undefined) return undefined;
  const info = outsideResources(method, path);
  const parts = path.split('/').slice(1);
  const isCore = parts[0] === 'api';
  if ((!isCore && parts[0] !== 'apis') || parts.length < (isCore ? 3 : 4)) return info;
  info.isResource = true;
  info.verb = VERBS[method] ?? '';
  info.group = isCore ? '' : (parts[1] ?? '');
  info.version = (isCore ? parts[1] : parts[2]) ?? '';
  info.groupVersion = isCore ? info.version : `${info.group}/${info.version}`;
  readObject(info, parts.slice(isCore ? 2 : 3));
  if (info.name === '') readCollectionVerb(info, query);
  return info;
}

function decodePath(rawPath: string): string | undefined {
  let path = rawPath;
  if (path.includes('%')) {
    try {
      path = decodeURIComponent(path);
    } catch {
      return undefined;
    }
  }
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) === 0x2f) end--;
  return path.slice(0, end);
}

function outsideResources(method: string, path: string): RequestInfo {
  return {
    path,
    verb: method.toLowerCase(),
    isResource: false,
    group: '',
    version: '',
    groupVersion: '',
    namespace: '',
    inNamespace: false,
    resource: '',
    name: '',
    subresource: '',
    rest: [],
  };
}

function readObject(info: RequestInfo, parts: string[]): void {
  let object = parts;
  if (parts[0] === 'namespaces' && parts.length > 1) {
    info.namespace = parts[1] ?? '';
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2] ?? '')) {
      info.inNamespace = true;
      object = parts.slice(2);
    }
  }
  const [resource = '', name = '', subresource = '', ...rest] = object;
  Object.assign(info, { resource, name, subresource, rest });
}

function readCollectionVerb(info: RequestInfo, query: URLSearchParams): void {
  if (info.verb === 'delete') info.verb = 'deletecollection';
  if (info.verb !== 'get') return;
  info.verb = parseBoolean(query.get('watch')) ? 'watch' : 'list';
}

/** `pods/log` */
export function resourceAndSubresource({
  resource,
  subresource,
}: Pick<RequestInfo, 'resource' | 'subresource'>): string {
  return subresource === '' ? resource : `${resource}/${subresource}`;
}
