import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { SourceText } from '../diagnostics/source-text.js';
import { stringAt } from '../diagnostics/tree.js';
import { readText } from '../generators/files.js';
import { checkTemplate } from '../policies/check-template.js';
import { SourceCrs } from '../policies/source-crs.js';
import { checkSite } from '../siteconfig/check-site.js';
import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';

/**
 * Rules of the generators' strict modes that are not told here: those that have a rule of ours, which also looks at fragments
 * and ClusterInstances, and PG019, since the source CRs of a fleet are not at hand.
 */
const NOT_TOLD = ['SC001', 'SC009', 'SC011', 'SC012', 'SC013', 'PG001', 'PG018', 'PG019'];

/** What the generators' strict modes find (edge.md 3 and 4): fields, types, names, values, overlays. */
export function strictRules({ documents }: LintSet, report: Reporter): void {
  const sourcesOf = (kind: string): Set<SourceText> =>
    new Set(documents.filter(({ root }) => stringAt(root, 'kind') === kind).map(({ source }) => source));
  const take = (findings: readonly Diagnostic[]) => {
    for (const finding of findings) if (!NOT_TOLD.includes(finding.rule)) report.take(finding);
  };
  for (const { file, text } of sourcesOf('SiteConfig')) take(checkSite(file, text).findings.all);
  const sourceCrs = new SourceCrs(readShipped);
  for (const { file, text } of sourcesOf('PolicyGenTemplate')) take(checkTemplate(file, text, sourceCrs).findings.all);
}

const SHIPPED = fileURLToPath(new URL('../../source-crs/', import.meta.url));

function readShipped(fileName: string): string {
  return readText(join(SHIPPED, basename(fileName)));
}
