export { type Change, type Part } from './changes/change.js';
export { type Config, type ImagePruner } from './config/config.js';
export { CUSTOM_RESOURCE_DEFINITIONS } from './crds/definitions.js';
export { type Decision } from './decide/decide.js';
export { type StatusWrite } from './decide/outcome.js';
export { OWN_COMMANDS, type Release } from './release.js';
export { runOperator, type OperatorOptions, type ServingCertificate } from './run/run-operator.js';
export { type StorageFacts } from './storage/storage-facts.js';
