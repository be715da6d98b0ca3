export { pullSecretController, type PullSecretOptions } from './pull-secret-controller.js';
