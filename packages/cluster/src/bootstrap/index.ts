export { bootstrap, completeBootstrap, isNewCluster } from './bootstrap.js';
export { ensure } from './ensure.js';
export { namespaceContents, type Wanted } from './namespaces.js';
export { keepRootCertificates, ROOT_CERTIFICATES } from './root-certificates.js';
export { nodeName } from './this-node.js';
