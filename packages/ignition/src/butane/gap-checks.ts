import type { Report } from '../source/report.js';
import type { Dialect } from '../schema/variants.js';
import { checkReuseByLabel, forbiddenMountPaths } from './source-checks.js';
import type { Values } from './values.js';

/** What is true of OpenShift as well, though the reference tells it of fcos only (edge.md 1.10, gap 1). */
export function checkBeyondReference(config: Values, dialect: Dialect, report: Report): void {
  if (dialect.variant !== 'openshift') return;
  checkReuseByLabel(config, report);
  for (const path of forbiddenMountPaths(config)) report.warning(path, 'mount-path-forbidden');
}
