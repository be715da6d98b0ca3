export { CUSTOM_RESOURCE_DEFINITIONS } from './crds/definitions.js';
