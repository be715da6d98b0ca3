export { projectDefinitions } from './definitions.js';
