import { transpile } from '@longshore/ignition';
import { PlanError } from './plan-error.js';

/**
 * The Ignition of a Butane file: one line of JSON and a line feed.
 * @throws PlanError when something of the intent makes a configuration that Ignition refuses
 */
export function ignitionOf(butane: string): string {
  const { output, report, failure } = transpile(butane, { all: true });
  if (output !== undefined) return output;
  const reasons = report.map(({ message, path }) => `${path.join('.')}: ${message}`);
  throw new PlanError(`the layout makes no valid Ignition: ${[...reasons, failure ?? ''].join('; ')}`);
}
