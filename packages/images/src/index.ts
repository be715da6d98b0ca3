export { imageDefinitions } from './api/definitions.js';
export * from './api/parts.js';
export { runImageControllers, type ImageControllersOptions } from './controllers.js';
export { runImportController, type ImportControllerOptions } from './import/import-controller.js';
export { ImportCounters } from './import/import-counters.js';
export { importMetrics } from './import/import-metrics.js';
export { createImporter, type Importer, type ImporterOptions } from './import/importer.js';
export type { NodePullSecret } from './import/pull-credentials.js';
export { TagHistories } from './streams/tag-histories.js';
export { tagLog, type TagChange } from './streams/tag-log.js';
export { LayersIndex } from './layers/layers-index.js';
export { quotaController } from './limits/quota-controller.js';
export { imagePolicy, type ImagePolicyOptions } from './policy/index.js';
export { ClusterChanges } from './prune/cluster-changes.js';
export { executePrune, pretendToDelete, type PruneStep, type PruneSummary } from './prune/execute-prune.js';
export { usesOfPod } from './prune/image-uses.js';
export { followChanges } from './prune/follow-changes.js';
export { PruneGraph } from './prune/prune-graph.js';
export { PrunePlan } from './prune/prune-plan.js';
export {
  DEFAULT_KEEP_TAG_REVISIONS,
  DEFAULT_KEEP_YOUNGER_THAN_MS,
  type KeepReason,
  type PruneRules,
} from './prune/prune-rules.js';
export { readCluster, type ClusterReading } from './prune/read-cluster.js';
export { RegistryContent, RegistryPruneError } from './prune/registry-content.js';
export { parseRegistryUrl, RegistryUrlError } from './prune/registry-url.js';
export { startImageApiServer, type ImageApiServer, type ImageApiServerOptions } from './server/image-api-server.js';
export { readCertificateFiles, SecureServer } from './server/secure-server.js';
