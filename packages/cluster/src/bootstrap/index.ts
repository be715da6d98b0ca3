export { clusterObjects, type ClusterFacts } from './cluster-objects.js';
export { ensure } from './ensure.js';
export { BOOTSTRAP_NAMESPACES, namespaceContents, type Wanted } from './namespaces.js';
export { nodeName, thisNode } from './this-node.js';
