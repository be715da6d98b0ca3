import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CLOUDS,
  componentManifests,
  credentialsRequests,
  extractTool,
  packTool,
  RELEASE_TOOLS,
  writeReleaseFolder,
  type ReleaseTool,
} from '@longshore/mirror/release';
import { CliError } from '../../cli-error.js';
import { ImageReader } from '../../image/image-reader.js';
import { note } from '../../note.js';
import { writeUserFile } from '../../user-file.js';
import { visible } from '../../visible.js';
import { checkSignature } from './check-signature.js';
import type { ReleaseExtractOptions } from './extract.js';
import { findRelease } from './find-release.js';
import { locateRelease, type LocatedRelease } from './release-location.js';

/** Writes what the options ask for. Errors: CliError, those of locateRelease and extractTool. */
export async function extractRelease(
  name: string | undefined,
  options: ReleaseExtractOptions,
  signal: AbortSignal,
): Promise<void> {
  const {
    file,
    command,
    commandOs,
    tools = false,
    credentialsRequests: requests = false,
    cloud: cloudName,
    to,
  } = options;
  const wanted = RELEASE_TOOLS.find((one) => one.command === command && one.os === commandOs);
  if (command !== undefined && wanted === undefined) {
    throw new CliError(`there is no program ${visible(command)} for ${commandOs}`, 2);
  }
  const cloud = CLOUDS.find((one) => one === cloudName);
  if (cloudName !== undefined && cloud === undefined) {
    throw new CliError(`--cloud must be one of ${CLOUDS.join(', ')}`, 2);
  }
  const reader = await ImageReader.open(options);
  try {
    const text = await findRelease(name, { ...options, onNote: note, signal });
    const located = await locateRelease(reader, text, { ...options, signal });
    const { release } = located;
    await checkSignature(release, options, signal);
    if (file !== undefined) return printFile(located, file);
    await mkdir(to, { recursive: true });
    if (wanted !== undefined) {
      await extractTool(release, wanted, { ...located, to, signal });
    } else if (tools) {
      await writeTools(located, to, signal);
    } else {
      const files = requests ? credentialsRequests(componentManifests(release), cloud) : documentsOf(release.files);
      await writeReleaseFolder(files, to);
    }
    process.stdout.write(
      `Extracted release payload from digest ${release.image.digest} created at ${visible(release.created ?? 'an unknown time')}\n`,
    );
  } finally {
    await reader.close();
  }
}

function printFile({ release }: LocatedRelease, name: string): void {
  const bytes = release.files.get(name);
  if (bytes === undefined) throw new CliError(`image did not contain ${visible(name)}`);
  process.stdout.write(bytes);
}

/** Each document of a manifest in YAML begins with its marker (mirror.md 3.3), so that files can be put together. */
function documentsOf(files: ReadonlyMap<string, Buffer>): Map<string, Buffer | string> {
  return new Map(
    [...files].map(([name, bytes]) =>
      IS_YAML.test(name) && !bytes.toString('latin1', 0, 3).startsWith('---')
        ? [name, Buffer.concat([MARKER, bytes])]
        : [name, bytes],
    ),
  );
}

const IS_YAML = /\.ya?ml$/;
const MARKER = Buffer.from('---\n');

async function writeTools(located: LocatedRelease, to: string, signal: AbortSignal): Promise<void> {
  const { release } = located;
  const { version, components } = release.references;
  const isThere = ({ component, os }: ReleaseTool) =>
    os !== 'windows' && components.some(({ name }) => name === component);
  const wanted = RELEASE_TOOLS.filter(isThere);
  if (wanted.length === 0) throw new CliError('no image of the release holds programs for users');
  const sums: string[] = [];
  const created = Date.parse(release.created ?? '');
  const modified = new Date(Number.isNaN(created) ? 0 : created);
  for (const tool of wanted) {
    const binary = await extractTool(release, tool, { ...located, to, signal });
    const { name, sha256 } = await packTool(binary, tool, { to, version, modified, signal });
    await rm(binary);
    sums.push(`${sha256}  ${name}\n`);
  }
  await writeUserFile(join(to, 'sha256sum.txt'), sums.join(''));
}
