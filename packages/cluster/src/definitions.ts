import { customResourceDefinition, type ResourceDefinition, type Subresource } from '@longshore/apiserver';
import { builtinKinds } from './kinds/index.js';
import type { ServiceNumbers } from './network/service-numbers.js';
import { projectDefinitions } from './projects/index.js';
import {
  accessReviewDefinitions,
  authenticationReviewDefinitions,
  openshiftAccessReviews,
  rbacDefinitions,
  type RbacAuthorizer,
  type RbacIndex,
  type TokenAuthenticator,
} from './rbac/index.js';

export interface DefinitionParts {
  index: RbacIndex;
  authorizer: RbacAuthorizer;
  tokens: TokenAuthenticator;
  /** `token` of service accounts. */
  tokenSubresource: Subresource;
  /** `log` of pods. */
  podSubresources: Readonly<Record<string, Subresource>>;
  services: ServiceNumbers;
  /** `apps.example.com`: routes without a host get one below it. */
  appsDomain: string;
  /** Those of `image.openshift.io`. */
  images: readonly ResourceDefinition[];
}

/** Every kind that the embedded cluster serves, but for custom resources. */
export function clusterDefinitions(parts: DefinitionParts): ResourceDefinition[] {
  const { index, authorizer, tokens, tokenSubresource, podSubresources, services, appsDomain, images } = parts;
  const kinds = builtinKinds({
    allocateClusterIp: (service, wanted) => services.address(service, wanted),
    allocateNodePort: (service, wanted) => services.nodePort(service, wanted),
    keepService: (service) => services.occupy(service),
    releaseService: (service) => services.release(service),
    mayChooseRouteHost: (user, namespace) => authorizer.decide({ ...CUSTOM_HOST, user, namespace }).allowed,
    defaultRouteHost: ({ metadata }) => `${metadata.name}-${metadata.namespace}.${appsDomain}`,
  });
  return [
    ...kinds.map((kind) => {
      if (isCore(kind, 'serviceaccounts')) return { ...kind, subresources: { token: tokenSubresource } };
      return isCore(kind, 'pods') ? { ...kind, subresources: podSubresources } : kind;
    }),
    customResourceDefinition,
    ...rbacDefinitions({ index, authorizer }),
    ...accessReviewDefinitions(authorizer, authorizer),
    openshiftAccessReviews(authorizer),
    ...authenticationReviewDefinitions(tokens),
    ...projectDefinitions(authorizer),
    ...images,
  ];
}

const CUSTOM_HOST = {
  verb: 'create',
  group: 'route.openshift.io',
  version: 'v1',
  resource: 'routes',
  subresource: 'custom-host',
  name: '',
};

function isCore({ group, plural }: ResourceDefinition, name: string): boolean {
  return group === '' && plural === name;
}
