import { basename, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { SourceText } from '../diagnostics/source-text.js';
import { stringAt } from '../diagnostics/tree.js';
import { readText } from '../generators/files.js';
import { checkAcm } from '../policies/acm/check-acm.js';
import type { BaseFolder } from '../policies/acm/manifests.js';
import { checkTemplate } from '../policies/check-template.js';
import { SourceCrs } from '../policies/source-crs.js';
import { checkInstance } from '../siteconfig/check-instance.js';
import { checkSite } from '../siteconfig/check-site.js';
import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';

/**
 * Rules of the generators' strict modes that are not told here: those that have a rule of ours, which also looks at fragments;
 * PG019, since the source CRs of a fleet are not at hand; CI008, since templates of one's own are for the hub to render.
 */
const NOT_TOLD = new Set([
  'SC001',
  'SC009',
  'SC011',
  'SC012',
  'SC013',
  'CI001',
  'CI006',
  'CI007',
  'CI008',
  'PG001',
  'PG018',
  'PG019',
]);

/** Kinds that have a strict mode, which also tells of wrong types and of keys given twice. */
export const STRICT_KINDS = ['SiteConfig', 'ClusterInstance', 'PolicyGenTemplate', 'PolicyGenerator'];

/** What the generators' strict modes find (edge.md 3 and 4): fields, types, names, values, overlays. */
export function strictRules({ documents }: LintSet, report: Reporter): void {
  const sourceCrs = new SourceCrs(readShipped);
  const folder = new FilesOfSet(documents.map(({ source }) => source));
  const checks: Record<string, (source: SourceText) => readonly Diagnostic[]> = {
    SiteConfig: ({ file, text }) => checkSite(file, text).findings.all,
    ClusterInstance: ({ file, text }) => checkInstance(file, text).findings.all,
    PolicyGenTemplate: ({ file, text }) => checkTemplate(file, text, sourceCrs).findings.all,
    PolicyGenerator: ({ file, text }) =>
      folder.without('PG024', file, (base) => checkAcm(file, text, base).findings.all),
  };
  const checked = new Set<SourceText>();
  for (const { source, root } of documents) {
    const check = checks[stringAt(root, 'kind') ?? ''];
    if (check === undefined || checked.has(source)) continue;
    checked.add(source);
    for (const finding of check(source)) if (!NOT_TOLD.has(finding.rule)) report.take(finding);
  }
}

const SHIPPED = fileURLToPath(new URL('../../source-crs/', import.meta.url));

function readShipped(fileName: string): string {
  return readText(join(SHIPPED, basename(fileName)));
}

/** The files of the set as folders; nothing is read from the disk. */
class FilesOfSet {
  private readonly texts: ReadonlyMap<string, string>;

  constructor(sources: readonly SourceText[]) {
    this.texts = new Map(sources.map(({ file, text }) => [posix.normalize(file), text]));
  }

  /** Findings of a check that reads files beside `file`; those of `rule` are left out when one of them is not in the set. */
  without(rule: string, file: string, check: (base: BaseFolder) => readonly Diagnostic[]): readonly Diagnostic[] {
    const folder = posix.dirname(file);
    let isComplete = true;
    const base: BaseFolder = {
      list: (path) => this.list(posix.join(folder, path)),
      read: (path) => {
        const text = this.texts.get(posix.join(folder, path));
        isComplete &&= text !== undefined;
        return text ?? '';
      },
    };
    const found = check(base);
    return isComplete ? found : found.filter((finding) => finding.rule !== rule);
  }

  private list(folder: string): string[] | undefined {
    const names = [...this.texts.keys()]
      .filter((path) => posix.dirname(path) === folder)
      .map((path) => posix.basename(path));
    return names.length === 0 ? undefined : names;
  }
}
