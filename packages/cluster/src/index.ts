export { openEtcd, type GatewayAddress } from './store.js';
export { ClusterError, type Cluster, type ClusterOptions } from './options.js';
export { startCluster } from './start-cluster.js';
export { checkCluster, runningState, type ClusterReport, type ClusterState, type PartReport } from './state/index.js';
export { createAuthority, issueLeaf } from './tls/certificate.js';
