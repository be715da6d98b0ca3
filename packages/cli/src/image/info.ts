import { Command, Option } from 'commander';
import { interruption } from '../signals.js';
import type { FoundImage } from './image-reader.js';
import { withImageReaderOptions, type ImageReaderOptions } from './image-reader-options.js';
import type { ReadImagesOptions } from './read-images.js';

const NOTES = `
A mirror of --idms-file or --icsp-file is asked when the source does not give the image, for tags as well as digests. With
one image, -o json prints an object; with several, or with --show-multiarch, a list. Exits with 1 when one cannot be read.

Examples:
  longshore image info quay.io/org/app:v1
  longshore image info --filter-by-os=linux/arm64 docker.io/library/busybox:latest -o json
  longshore image info --show-multiarch docker.io/library/busybox:latest
  longshore image info --idms-file=idms.yaml -a pull-secret.json quay.io/org/app@sha256:…
  longshore image info --dir=mirror file://openshift/release:4.16.3-x86_64
  longshore image info oci-archive:app.tar:v1`;

interface InfoOptions extends ImageReaderOptions {
  output?: 'json';
  filterByOs?: string;
  showMultiarch?: boolean;
  skipVerification?: boolean;
}

/** `longshore image info` (registry.md 9). */
export function infoCommand(): Command {
  const command = new Command('info')
    .description('tell what is in an image, without pulling it')
    .argument(
      '<image...>',
      '[HOST/]REPOSITORY[:TAG][@DIGEST], file://REPOSITORY[:TAG][@DIGEST], or another place of "image mirror"',
    )
    .addOption(new Option('-o, --output <format>', 'print it for programs').choices(['json']))
    .option('--filter-by-os <regexp>', 'which images of a list: those whose os/arch[/variant] matches')
    .option('--show-multiarch', 'tell of each image of a list')
    .option('--skip-verification', 'do not compare content with its digest, but tell of the difference')
    .addHelpText('after', NOTES);
  return withImageReaderOptions(command).action(imageInfo);
}

async function imageInfo(texts: string[], options: InfoOptions): Promise<void> {
  const { ImageReader } = await import('./image-reader.js');
  const { platformFilter } = await import('./platform-filter.js');
  const { showMultiarch = false, skipVerification = false, filterByOs, output } = options;
  const matches = filterByOs === undefined ? undefined : platformFilter(filterByOs);
  const reading = { matches, showMultiarch, verify: !skipVerification, signal: interruption() };
  const reader = await ImageReader.open(options);
  try {
    const found = await printAll(
      texts.map((text) => reader.find(text)),
      output,
      reading,
    );
    const isOne = texts.length === 1 && !showMultiarch;
    if (output === 'json') process.stdout.write(`${JSON.stringify(isOne ? found[0] : found, undefined, 2)}\n`);
  } finally {
    await reader.close();
  }
}

/** Prints each image as it comes, for people; what there is for programs is returned. One that fails does not keep others. */
async function printAll(
  images: readonly FoundImage[],
  output: InfoOptions['output'],
  reading: ReadImagesOptions,
): Promise<object[]> {
  const { describeImage, reportForPrograms } = await import('./describe-image.js');
  const { readImages } = await import('./read-images.js');
  const found: object[] = [];
  for (const image of images) {
    const { location } = image;
    try {
      const reports = await readImages(image, reading);
      found.push(...reports.map(reportForPrograms));
      if (output === 'json') continue;
      const { digest } = location.reference;
      process.stdout.write(reports.map((report) => `${describeImage(report, Date.now(), digest)}\n`).join(''));
    } catch (error) {
      reading.signal.throwIfAborted();
      if (images.length === 1) throw error;
      process.stderr.write(`error: unable to read image ${location.text}: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  }
  return found;
}
