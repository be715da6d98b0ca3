import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';

/** EL012: which image set counts, and whether prepared images are of its release. */
export function imageSets({ clusters, options }: LintSet, report: Reporter): void {
  for (const { document, imageSet, siteImageSet } of clusters) {
    const effective = imageSet ?? siteImageSet;
    if (imageSet && siteImageSet && imageSet.value !== siteImageSet.value) {
      const message = `${imageSet.value} of the cluster wins over ${siteImageSet.value} of the site`;
      report.node('EL012', document, imageSet, message, { severity: 'info' });
    }
    if (effective === undefined || options.release === undefined) continue;
    const release = releaseOf(effective.value);
    if (release === options.release) continue;
    const message = `the prepared images are of ${options.release}, the image set ${effective.value} is ${release === undefined ? 'of an unknown release' : `of ${release}`}`;
    report.node('EL012', document, effective, message);
  }
}

/** The release in an image set's name: `img4.16.3-x86-64` -> `4.16.3`. */
export function releaseOf(imageSet: string): string | undefined {
  return /(\d{1,9}\.\d{1,9}\.\d{1,9})/.exec(imageSet)?.[1];
}
