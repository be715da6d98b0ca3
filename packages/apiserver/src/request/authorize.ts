import { ApiError, FieldSelector, forbidden } from '@longshore/kube';
import type { Attributes, Authorizer, UserInfo } from '../access/access.js';
import type { Exchange } from './exchange.js';
import { resourceAndSubresource, type RequestInfo } from './request-info.js';

/** What a request asks for, as authorizers see it. */
export function attributesOf(user: UserInfo, info: RequestInfo): Attributes {
  const { verb, path, group, version, resource, subresource, name, namespace } = info;
  if (!info.isResource) return { user, verb, path };
  return { user, verb, group, version, resource, subresource, name, namespace };
}

/** A list or watch that is about one name is authorized for that name. */
export function nameForAccess({ info, query }: Pick<Exchange, 'info' | 'query'>): string {
  if (info.name !== '' || (info.verb !== 'list' && info.verb !== 'watch')) return info.name;
  try {
    return FieldSelector.parse(query.get('fieldSelector') ?? '').exactMatch('metadata.name') ?? '';
  } catch {
    // That it cannot be read is told to those who may ask.
    return '';
  }
}

/** Errors: `Forbidden` with the words of Kubernetes. */
export async function authorize(authorizer: Authorizer, attributes: Attributes, signal: AbortSignal): Promise<void> {
  const { allowed } = await authorizer.authorize(attributes, signal);
  if (!allowed) throw refusal(attributes);
}

function refusal(attributes: Attributes): ApiError {
  const who = `User ${JSON.stringify(attributes.user.username)} cannot ${attributes.verb}`;
  if ('path' in attributes) {
    return new ApiError('Forbidden', `forbidden: ${who} path ${JSON.stringify(attributes.path)}`);
  }
  const { group, resource, name, namespace } = attributes;
  const what = JSON.stringify(resourceAndSubresource(attributes));
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const why = `${who} resource ${what} in API group ${JSON.stringify(group)} ${where}`;
  return forbidden({ group, resource }, name, why);
}
