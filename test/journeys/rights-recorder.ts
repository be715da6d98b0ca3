import {
  ApiError,
  type KubeObject,
  type ResourceType,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@longshore/kube';
import { answer, withoutResources } from './api-answers.js';

/** One thing that may be done, as RBAC sees it. */
interface Right {
  verb: string;
  /** `deployments.apps`, `configs.imageregistry.operator.openshift.io/status` */
  resource: string;
  /** Empty: in the whole cluster. */
  namespace: string;
  /** Empty: any. */
  name: string;
}

const VERBS = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;
const CONFLICT = new ApiError('Conflict', 'somebody was faster');

/** A way to an API server that notes what is asked for, and of each write first says that somebody else was faster. */
export class RightsRecorder implements Transport {
  readonly used: Right[] = [];
  readonly refused: string[] = [];
  readonly #met = new Set<string>();

  /** `hidden`: kinds that the cluster seems not to have. */
  constructor(
    private readonly inner: Transport,
    private readonly hidden: readonly ResourceType[],
  ) {}

  async request(request: TransportRequest): Promise<TransportResponse> {
    const { method, path } = request;
    const right = rightOf(request);
    if (right !== undefined) {
      this.used.push(right);
      const write = `${method} ${path} ${method === 'POST' ? nameIn(request) : ''}`;
      const isFirst = method !== 'GET' && !this.#met.has(write);
      this.#met.add(write);
      // Of leases and certificates, no one reads again what others wrote.
      if (isFirst && !/leases|image-registry-tls/.test(write)) return answer(CONFLICT.toStatus(), CONFLICT.httpStatus);
    }
    const response = await this.inner.request(request);
    if (response.status === 403) this.refused.push(`${method} ${path}`);
    const hidden = this.hidden.filter(({ group, version }) => path === `/apis/${group}/${version}`);
    return hidden.length === 0
      ? response
      : withoutResources(
          response,
          hidden.map(({ resource }) => resource),
        );
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

const nameIn = ({ body }: TransportRequest): string =>
  typeof body === 'string' ? ((JSON.parse(body) as KubeObject).metadata.name ?? '') : '';

/** Undefined for discovery, which everybody may. */
function rightOf({ method, path, query }: TransportRequest): Right | undefined {
  const [, group = '', rest] = /^\/api(?:s\/([^/]+))?\/[^/]+\/(.+)$/.exec(path) ?? [];
  if (rest === undefined) return undefined;
  const parts = rest.split('/').map(decodeURIComponent);
  const [namespace, [plural = '', name = '', subresource]] =
    parts[0] === 'namespaces' && parts.length > 2 ? [parts[1] ?? '', parts.slice(2)] : ['', parts];
  const resource = resourceName(group, plural, subresource);
  if (method !== 'GET') return { verb: VERBS[method], resource, namespace, name };
  if (name !== '') return { verb: 'get', resource, namespace, name };
  const selected = /^metadata\.name=(.+)$/.exec(query?.get('fieldSelector') ?? '')?.[1] ?? '';
  return { verb: query?.get('watch') === 'true' ? 'watch' : 'list', resource, namespace, name: selected };
}

function resourceName(group: string, plural: string, subresource?: string): string {
  return [[plural, group].filter((part) => part !== '').join('.'), ...(subresource ? [subresource] : [])].join('/');
}

interface Role extends KubeObject {
  rules: { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[];
}

/** Each right that roles of this name give. */
export function grantedRights(objects: readonly KubeObject[], name: string): Right[] {
  const roles = objects.filter(
    ({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && metadata.name === name,
  ) as Role[];
  return roles.flatMap(({ metadata: { namespace = '' }, rules }) =>
    rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [''] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((of) => {
          const [plural = '', subresource] = of.split('/');
          const resource = resourceName(group, plural, subresource);
          return verbs.flatMap((verb) => resourceNames.map((name): Right => ({ verb, resource, namespace, name })));
        }),
      ),
    ),
  );
}

/** Rights that nobody used, as texts. */
export function unusedRights(granted: readonly Right[], used: readonly Right[]): string[] {
  const isUsed = (right: Right) => used.some((one) => covers(right, one));
  return granted
    .filter((right) => !isUsed(right))
    .map(({ verb, resource, namespace, name }) => `${verb} ${resource} ${namespace}/${name}`);
}

function covers(right: Right, use: Right): boolean {
  return (
    right.verb === use.verb &&
    right.resource === use.resource &&
    (right.namespace === '' || right.namespace === use.namespace) &&
    (right.name === '' || right.name === use.name)
  );
}
