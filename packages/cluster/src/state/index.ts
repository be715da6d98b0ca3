export { ownState, removeState, runningState, writeState, type ClusterState } from './cluster-state.js';
export { checkCluster, type ClusterReport, type PartReport } from './check-cluster.js';
export { serverProblem } from './server-problem.js';
