export { rolesToAggregate } from './aggregation.js';
export { authenticationReviewDefinitions, type TokenAuthenticator } from './authentication-reviews.js';
export { RbacAuthorizer } from './authorizer.js';
export { BOOTSTRAP_CLUSTER_ROLE_BINDINGS, BOOTSTRAP_CLUSTER_ROLES, namespaceBindings } from './bootstrap-roles.js';
export { rbacDefinitions } from './definitions.js';
export { openshiftAccessReviews } from './openshift-access-reviews.js';
export { RBAC_API_VERSION, RBAC_GROUP, type Binding, type ClusterRole, type Role, type Subject } from './objects.js';
export { RbacIndex } from './rbac-index.js';
export { accessReviewDefinitions } from './reviews.js';
