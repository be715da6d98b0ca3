export { installOperator, uninstallOperator } from './install-operator.js';
export { serveRegistryAddress } from './registry-address.js';
export { registryProblem, untilRegistryAvailable, type ClusterOperator } from './registry-health.js';
export { registryVolumeController } from './registry-volume.js';
