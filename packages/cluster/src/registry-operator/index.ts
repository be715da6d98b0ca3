export { installOperator, uninstallOperator } from './install-operator.js';
export { serveRegistryAddress } from './registry-address.js';
export {
  CLUSTER_OPERATORS,
  REGISTRY_OPERATOR,
  registryHealth,
  untilRegistryAvailable,
  type ClusterOperator,
} from './registry-health.js';
export { placeRegistryVolume, registryVolumeController } from './registry-volume.js';
