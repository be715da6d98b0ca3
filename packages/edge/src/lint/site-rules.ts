import { checkSite } from '../siteconfig/check-site.js';
import { stringAt } from '../diagnostics/tree.js';
import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';

/** Rules of the generator's strict mode that have a rule of ours, which also looks at ClusterInstances and fragments. */
const COVERED = ['SC001', 'SC009', 'SC011', 'SC012', 'SC013'];

/** The strict mode of the SiteConfig generator (edge.md 3): fields, types, names and values. */
export function siteRules({ documents }: LintSet, report: Reporter): void {
  const sources = new Set(documents.filter(isSiteConfig).map(({ source }) => source));
  for (const { file, text } of sources) {
    for (const finding of checkSite(file, text).findings.all) {
      if (!COVERED.includes(finding.rule)) report.take(finding);
    }
  }
}

function isSiteConfig({ root }: LintSet['documents'][number]): boolean {
  return stringAt(root, 'kind') === 'SiteConfig';
}
