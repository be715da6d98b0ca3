import type { RegistryClient, SourcePolicy } from '@longshore/distribution';
import type { Places } from '@longshore/mirror';
import { Command, Option } from 'commander';
import {
  clientOptions,
  userCredentials,
  withRegistryOptions,
  type RegistryOptions,
} from '../registry-access/registry-options.js';
import { CliError } from '../cli-error.js';
import { interruption } from '../signals.js';
import { parseImageLocation, type ImageLocation } from './image-location.js';
import type { ImageSource } from './image-source.js';
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

interface InfoOptions extends RegistryOptions {
  output?: 'json';
  filterByOs?: string;
  showMultiarch?: boolean;
  icspFile?: string;
  idmsFile?: string;
  dir: string;
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
    .addOption(
      new Option('--icsp-file <file>', 'ImageContentSourcePolicy that names mirrors (deprecated)').conflicts(
        'idmsFile',
      ),
    )
    .option('--idms-file <file>', 'ImageDigestMirrorSet that names mirrors')
    .addOption(new Option('--dir <folder>', 'where file:// images are').default('.', 'this folder'))
    .option('--skip-verification', 'do not compare content with its digest, but tell of the difference')
    .addHelpText('after', NOTES);
  return withRegistryOptions(command).action(imageInfo);
}

async function imageInfo(texts: string[], options: InfoOptions): Promise<void> {
  const { RegistryClient } = await import('@longshore/distribution');
  const { platformFilter } = await import('./platform-filter.js');
  const { showMultiarch = false, filterByOs, output } = options;
  const locations = texts.map(parseImageLocation);
  const matches = filterByOs === undefined ? undefined : platformFilter(filterByOs);
  const { readMirrorPolicy } = await import('./mirror-policy.js');
  const policy = await readMirrorPolicy(options);
  const { Places } = await import('@longshore/mirror');
  const access = { ...(await clientOptions(options)), credentials: await userCredentials(options) };
  const client = new RegistryClient(access);
  const places = Places.toRead(client, access, options.dir);
  const reading = { matches, showMultiarch, signal: interruption() };
  try {
    const find = (location: ImageLocation) => sourceOf(location, { client, places, policy, options });
    const found = await printAll(locations, output, reading, find);
    const isOne = locations.length === 1 && !showMultiarch;
    if (output === 'json') process.stdout.write(`${JSON.stringify(isOne ? found[0] : found, undefined, 2)}\n`);
  } finally {
    await places.close();
    await client.close();
  }
}

/** Prints each image as it comes, for people; what there is for programs is returned. One that fails does not keep others. */
async function printAll(
  locations: readonly ImageLocation[],
  output: InfoOptions['output'],
  reading: ReadImagesOptions,
  find: (location: ImageLocation) => Promise<ImageSource>,
): Promise<object[]> {
  const { describeImage, reportForPrograms } = await import('./describe-image.js');
  const { readImages } = await import('./read-images.js');
  const found: object[] = [];
  for (const location of locations) {
    try {
      const reports = await readImages(location, await find(location), reading);
      found.push(...reports.map(reportForPrograms));
      if (output === 'json') continue;
      const { digest } = location.reference;
      process.stdout.write(reports.map((report) => `${describeImage(report, Date.now(), digest)}\n`).join(''));
    } catch (error) {
      reading.signal.throwIfAborted();
      if (locations.length === 1) throw error;
      process.stderr.write(`error: unable to read image ${location.text}: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  }
  return found;
}

interface Means {
  client: RegistryClient;
  places: Places;
  policy: SourcePolicy;
  options: InfoOptions;
}

/** The source itself comes before its mirrors (mirror.md 3.4). */
async function sourceOf(location: ImageLocation, { client, places, policy, options }: Means): Promise<ImageSource> {
  const { registry: host = '', repository: name, tag, digest } = location.reference;
  const verify = options.skipVerification !== true;
  const { folderSource, formatOf } = await import('@longshore/mirror');
  const isLayout = location.kind === 'file' && formatOf(options.dir) === 'oci';
  if (location.place !== undefined || isLayout) {
    const { PlaceSource } = await import('./place-source.js');
    if (!verify) throw new CliError(`${location.text}: --skip-verification is for registries and folders with v2/`, 2);
    return new PlaceSource(
      location.place === undefined ? folderSource(options.dir, name) : places.source(location.place),
    );
  }
  if (location.kind === 'file') {
    const { FileSource } = await import('./file-source.js');
    return new FileSource({ dir: options.dir, repository: name, verify });
  }
  const { pullSources } = await import('@longshore/distribution');
  const { RegistrySource } = await import('./registry-source.js');
  const wanted = { host, name, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
  const found = pullSources(wanted, policy).sort((a, b) => Number(a.isMirror) - Number(b.isMirror));
  return new RegistrySource({ client, places: found, verify });
}
