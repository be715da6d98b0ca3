export { bootstrap, completeBootstrap, isNewCluster } from './bootstrap.js';
export { ensure } from './ensure.js';
export { namespaceContents, type Wanted } from './namespaces.js';
export { nodeName } from './this-node.js';
