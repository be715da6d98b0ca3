import type { ImageImportStatus, ImageStream, ImageStreamImport, KubeClient } from '@longshore/kube';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { inSession, withSessionOptions, type SessionOptions } from '../session/session.js';
import type { ImportWish } from './import-plan.js';
import { IMAGE_STREAM_IMPORTS, IMAGE_STREAMS, newImport, newStream, parseStreamTag } from './stream-api.js';

const NOTES = `
What of a multi-architecture image is kept is the cluster's default unless --import-mode says it.

Examples:
  longshore import-image app --from=quay.io/org/app:v1 --confirm
  longshore import-image app:v1
  longshore import-image app --from=quay.io/org/app --all --confirm --scheduled
  longshore import-image app:v1 --dry-run`;

interface ImportOptions extends SessionOptions, Omit<ImportWish, 'target' | 'hasTag'> {
  dryRun?: boolean;
}

/** `longshore import-image` (registry.md 9). */
export function importImageCommand(): Command {
  const command = new Command('import-image')
    .argument('<stream>', '[NAMESPACE/]STREAM[:TAG]')
    .option('--from <image>', 'where the image is, or with --all the repository')
    .option('--confirm', 'make the stream, or the tag, when it is not there')
    .option('--all', 'import all tags of the repository, or of the stream')
    .option('--scheduled', 'import it again from time to time')
    .option('--insecure', 'the registry may have no valid TLS')
    .addOption(new Option('--reference-policy <policy>', 'from where pods pull it').choices(['source', 'local']))
    .addOption(
      new Option('--import-mode <mode>', 'what of a multi-architecture image is kept').choices([
        'Legacy',
        'PreserveOriginal',
      ]),
    )
    .option('--dry-run', 'only tell what would be imported')
    .addHelpText('after', NOTES);
  return withSessionOptions(command).action(importImage);
}

async function importImage(text: string, { dryRun, ...options }: ImportOptions): Promise<void> {
  const { planImport } = await import('./import-plan.js');
  await inSession(options, async ({ client, namespace }) => {
    const target = parseStreamTag(text, namespace);
    if (text.includes('@')) throw new CliError("to import images by ID, use the 'tag' command", 2);
    if (target === undefined) throw new CliError(`${JSON.stringify(text)} is no [NAMESPACE/]STREAM[:TAG]`, 2);
    const where = { namespace: target.namespace };
    const stream = await client.find<ImageStream>(IMAGE_STREAMS, target.stream, where);
    const spec = planImport(stream, { ...options, target, hasTag: text.includes(':') });
    const wanted = newImport(stream ?? newStream(target.namespace, target.stream), {
      import: dryRun !== true,
      ...spec,
    });
    const { status } = await send(client, wanted);
    const done = [...(status?.repository?.images ?? []), ...(status?.images ?? [])];
    const failed = status?.repository?.status?.status === 'Failure' ? [status.repository.status] : [];
    const said = dryRun === true ? 'imported (dry run)' : 'imported';
    const isWhole = failed.length === 0 && done.every(isImported);
    process.stdout.write(
      `imagestream.image.openshift.io/${target.stream} ${isWhole ? said : `${said} with errors`}\n\n`,
    );
    for (const image of done) process.stdout.write(`${describe(target.stream, image)}\n`);
    for (const tag of status?.repository?.additionalTags ?? [])
      process.stdout.write(`${target.stream}:${tag}  not imported: more than 50 tags\n`);
    for (const { message = '' } of failed) process.stdout.write(`${target.stream}  ${message}\n`);
    if (!isWhole) process.exitCode = 1;
  });
}

function send(client: KubeClient, wanted: ImageStreamImport): Promise<ImageStreamImport> {
  return client.create<ImageStreamImport>(IMAGE_STREAM_IMPORTS, wanted);
}

function isImported({ status }: ImageImportStatus): boolean {
  return status.status !== 'Failure';
}

function describe(stream: string, image: ImageImportStatus): string {
  const what = isImported(image)
    ? (image.image?.metadata.name ?? '')
    : `error: ${image.status.message ?? 'not imported'}`;
  return `${stream}:${image.tag}  ${what}`;
}
