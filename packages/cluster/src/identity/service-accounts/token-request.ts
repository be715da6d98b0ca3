import { invalidValue, s, type ObjectAccess, type Subresource, type VirtualRequest } from '@longshore/apiserver';
import {
  badRequest,
  conflict,
  formatTime,
  invalid,
  notFound,
  type KubeObject,
  type StatusCause,
} from '@longshore/kube';
import type { BoundClaims } from './claims.js';
import type { TokenIssuer } from './token-issuer.js';

const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const DEFAULT_SECONDS = 3600;

interface BoundObjectRef {
  kind?: string;
  apiVersion?: string;
  name?: string;
  uid?: string;
}

interface TokenRequest extends KubeObject {
  spec: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: BoundObjectRef | null;
  };
}

interface Pod extends KubeObject {
  spec: { serviceAccountName?: string; nodeName?: string };
}

const schema = s.object('A request for a token of a service account.', {
  spec: s
    .object('What the token should be.', {
      audiences: s.strings('Whom it is for. Default: the API server.').atomic(),
      boundObjectRef: s.object('A Pod, Secret or Node with which it ends.', {
        apiVersion: s.string('v1.'),
        kind: s.string('Pod, Secret or Node.'),
        name: s.string('Its name.'),
        uid: s.string('Its UID.'),
      }),
      expirationSeconds: s.int64('How long it holds.').default(DEFAULT_SECONDS),
    })
    .default({})
    .required(),
  status: s.object('The token.', {
    expirationTimestamp: s.time('When it ends.'),
    token: s.string('The token.'),
  }),
}).schema;

/** `serviceaccounts/token`: tokens that end by themselves and with what they are bound to (`authentication.k8s.io/v1`). */
export function tokenSubresource(issuer: TokenIssuer): Subresource {
  return {
    group: 'authentication.k8s.io',
    version: 'v1',
    kind: 'TokenRequest',
    schema,
    create: (name, object, request) => giveToken(issuer, name, object as TokenRequest, request),
  };
}

/** Errors: ApiError `NotFound`, `Invalid`, `BadRequest`, `Conflict`. */
async function giveToken(
  issuer: TokenIssuer,
  name: string,
  request: TokenRequest,
  { namespace, objects, dryRun, now }: VirtualRequest,
): Promise<KubeObject> {
  const account = await objects.get('serviceaccounts', namespace, name);
  if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name);
  checkRequest(request, name, namespace);
  const { audiences = [], expirationSeconds = DEFAULT_SECONDS, boundObjectRef } = request.spec;
  const claims: BoundClaims = {
    namespace,
    serviceaccount: { name, uid: account.metadata.uid ?? '' },
    ...(boundObjectRef && (await bindTo(boundObjectRef, name, namespace, objects))),
  };
  const wanted = audiences.length > 0 ? audiences : [...issuer.audiences];
  const { token, expires } = await issuer.bound(claims, wanted, expirationSeconds);
  return {
    ...request,
    metadata: { ...request.metadata, name, namespace, creationTimestamp: formatTime(now) },
    spec: { ...request.spec, audiences: wanted, expirationSeconds },
    status: { token: dryRun ? '' : token, expirationTimestamp: formatTime(expires) },
  };
}

function checkRequest({ spec, metadata }: TokenRequest, name: string, namespace: string): void {
  if (metadata.name !== undefined && metadata.name !== '' && metadata.name !== name) {
    throw badRequest(`must match the service account name: ${JSON.stringify(metadata.name)}`);
  }
  if (metadata.namespace !== undefined && metadata.namespace !== '' && metadata.namespace !== namespace) {
    throw badRequest(`must match the service account namespace: ${JSON.stringify(metadata.namespace)}`);
  }
  const { expirationSeconds: seconds = DEFAULT_SECONDS } = spec;
  const causes: StatusCause[] = [];
  const field = 'spec.expirationSeconds';
  if (seconds < MIN_SECONDS)
    causes.push(invalidValue(field, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > MAX_SECONDS)
    causes.push(invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (causes.length > 0) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, causes);
}

/** The claims that bind a token to an object. Errors: `NotFound`, `Conflict` for another UID, `BadRequest`. */
async function bindTo(
  ref: BoundObjectRef,
  account: string,
  namespace: string,
  objects: ObjectAccess,
): Promise<Partial<BoundClaims>> {
  const { kind = '', apiVersion = '', name = '', uid = '' } = ref;
  const find = async <T extends KubeObject>(resource: string, inNamespace: string) => {
    const object = await objects.get<T>(resource, inNamespace, name);
    if (object === undefined) throw notFound({ group: '', resource }, name);
    const actual = object.metadata.uid ?? '';
    if (uid !== '' && uid !== actual) {
      const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
      throw conflict({ group: '', resource }, name, why);
    }
    return { object, reference: { name, uid: actual } };
  };
  if (apiVersion === 'v1' && kind === 'Pod') {
    const { object, reference } = await find<Pod>('pods', namespace);
    const { serviceAccountName = '', nodeName = '' } = object.spec;
    if (serviceAccountName !== account) {
      const words = `cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`;
      throw badRequest(words);
    }
    const node = nodeName === '' ? undefined : await objects.get('nodes', '', nodeName);
    return { pod: reference, ...(node && { node: { name: nodeName, uid: node.metadata.uid ?? '' } }) };
  }
  if (apiVersion === 'v1' && kind === 'Secret') return { secret: (await find('secrets', namespace)).reference };
  if (apiVersion === 'v1' && kind === 'Node') return { node: (await find('nodes', '')).reference };
  throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${kind}`);
}
