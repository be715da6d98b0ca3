export { runTriggerController, type TriggerControllerOptions } from './trigger-controller.js';
