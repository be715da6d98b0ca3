import type { ResourceDefinition } from '@longshore/apiserver';
import { builtinKinds } from './kinds/index.js';
import { ServiceNumbers } from './network/service-numbers.js';
import { projectDefinitions } from './projects/index.js';
import {
  accessReviewDefinitions,
  authenticationReviewDefinitions,
  rbacDefinitions,
  type RbacAuthorizer,
  type RbacIndex,
  type TokenAuthenticator,
} from './rbac/index.js';

export interface DefinitionParts {
  index: RbacIndex;
  authorizer: RbacAuthorizer;
  tokens: TokenAuthenticator;
  services: ServiceNumbers;
  /** `apps.example.com`: routes without a host get one below it. */
  appsDomain: string;
}

/** Every kind that the embedded cluster serves, but for custom resources. */
export function clusterDefinitions(parts: DefinitionParts): ResourceDefinition[] {
  const { index, authorizer, tokens, services, appsDomain } = parts;
  return [
    ...builtinKinds({
      allocateClusterIp: (service, wanted) => services.address(service, wanted),
      allocateNodePort: (service, wanted) => services.nodePort(service, wanted),
      releaseService: (service) => services.release(service),
      defaultRouteHost: ({ metadata }) => `${metadata.name}-${metadata.namespace}.${appsDomain}`,
    }),
    ...rbacDefinitions({ index, authorizer }),
    ...accessReviewDefinitions(authorizer, authorizer),
    ...authenticationReviewDefinitions(tokens),
    ...projectDefinitions(authorizer),
  ];
}
