import type {
  ImageStream,
  ImageStreamImage,
  ImageStreamTag,
  ImportMode,
  KubeClient,
  TagReference,
} from '@longshore/kube';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { inSession, withSessionOptions, type SessionOptions } from '../session/session.js';
import {
  IMAGE_STREAM_IMAGES,
  IMAGE_STREAM_TAGS,
  IMAGE_STREAMS,
  newStreamTag,
  parseStreamTag,
  type StreamTagName,
} from './stream-api.js';
import type { TagSource } from './tag-source.js';

const NOTES = `
A tag of a stream as the source is fixed to the image that it points to now; with --alias it is followed.
Of the digest of an image that a stream has or had, the beginning is enough when no other image there begins so.

Examples:
  longshore tag app:v1 app:prod
  longshore tag quay.io/org/app:v1 app:v1 --scheduled --reference-policy=local
  longshore tag shop/app:v1 test/app:v1 test/app:latest
  longshore tag app@sha256:4f1c app:stable
  longshore tag app:v1 app:prod --alias
  longshore tag app:old --delete`;

interface TagOptions extends SessionOptions {
  source?: string;
  delete?: boolean;
  alias?: boolean;
  reference?: boolean;
  scheduled?: boolean;
  insecure?: boolean;
  referencePolicy?: 'source' | 'local';
  importMode?: ImportMode;
}

/** `longshore tag` (registry.md 9). */
export function tagCommand(): Command {
  const command = new Command('tag')
    .argument('<source-or-tag...>', 'source and one or more destinations [NAMESPACE/]STREAM:TAG')
    .option('--source <kind>', 'what the source is: imagestreamtag, imagestreamimage or docker; default: by its look')
    .option('-d, --delete', 'delete the tags instead')
    .option('--alias', 'follow the source tag, in the same stream')
    .option('--reference', 'only remember where the image is, do not import it')
    .option('--scheduled', 'import the image again from time to time')
    .option('--insecure', 'the registry of the source may have no valid TLS')
    .addOption(new Option('--reference-policy <policy>', 'from where pods pull it').choices(['source', 'local']))
    .addOption(
      new Option('--import-mode <mode>', 'what of a multi-architecture image is kept').choices([
        'Legacy',
        'PreserveOriginal',
      ]),
    )
    .addHelpText('after', NOTES);
  return withSessionOptions(command).action(tag);
}

async function tag(names: string[], options: TagOptions): Promise<void> {
  check(names, options);
  await inSession(options, async ({ client, namespace }) => {
    if (options.delete === true) {
      for (const name of names) await deleteTag(client, destination(name, namespace), namespace);
      return;
    }
    const [text = '', ...targets] = names;
    const destinations = targets.map((target) => destination(target, namespace));
    const source = await sourceOf(client, text, options, namespace);
    checkAlias(source, destinations, options);
    for (const target of destinations) {
      await setTag(client, target, tagReference(source, target, options));
      process.stdout.write(`Tag ${shown(target, namespace)} ${saidOf(source, text, options)}.\n`);
    }
  });
}

function check(names: readonly string[], options: TagOptions): void {
  if (options.delete === true) {
    const { source, alias, reference, scheduled, insecure, referencePolicy, importMode } = options;
    if (
      [source, alias, reference, scheduled, insecure, referencePolicy, importMode].some((each) => each !== undefined)
    ) {
      throw new CliError('--delete goes with no other option', 2);
    }
  } else if (names.length < 2) throw new CliError('you must specify a source and at least one destination', 2);
  if (options.alias && options.reference) throw new CliError('--alias and --reference may not be both specified', 2);
}

function checkAlias(source: TagSource, destinations: readonly StreamTagName[], { alias, scheduled }: TagOptions): void {
  if (scheduled === true && source.kind !== 'DockerImage') {
    throw new CliError('only images of other registries can be imported from time to time; leave out --scheduled', 2);
  }
  if (alias !== true) return;
  if (source.kind !== 'ImageStreamTag')
    throw new CliError('only a tag of a stream can be followed; leave out --alias', 2);
  const stream = source.name.split(':')[0];
  if (destinations.some((each) => each.namespace !== source.namespace || each.stream !== stream)) {
    throw new CliError('cannot set alias across different Image Streams', 2);
  }
}

function destination(text: string, namespace: string): StreamTagName {
  const name = text.includes(':') ? parseStreamTag(text, namespace) : undefined;
  if (name === undefined) throw new CliError(`${JSON.stringify(text)} is no [NAMESPACE/]STREAM:TAG`, 2);
  return name;
}

async function sourceOf(client: KubeClient, text: string, options: TagOptions, namespace: string): Promise<TagSource> {
  const { currentImage, isUnfinished, readTagSource } = await import('./tag-source.js');
  const source = readTagSource(text, options.source, namespace);
  const where = { namespace: source.namespace ?? namespace };
  if (isUnfinished(source)) {
    // Whole, so that it means the same when other images come to begin like it.
    const { metadata } = await client.get<ImageStreamImage>(IMAGE_STREAM_IMAGES, source.name, where);
    return { ...source, name: metadata.name ?? source.name };
  }
  if (source.kind !== 'ImageStreamTag' || options.alias === true) return source;
  const [stream = ''] = source.name.split(':');
  return currentImage(await client.find<ImageStream>(IMAGE_STREAMS, stream, where), source, text);
}

/** Generation 0: it is imported again. */
function tagReference(source: TagSource, target: StreamTagName, options: TagOptions): TagReference {
  const { reference, insecure, scheduled, importMode, referencePolicy } = options;
  const elsewhere = source.namespace !== undefined && source.namespace !== target.namespace;
  const inSameStream = !elsewhere && source.name.split(/[:@]/)[0] === target.stream;
  const name = source.kind === 'ImageStreamTag' && inSameStream ? (source.name.split(':')[1] ?? '') : source.name;
  return {
    name: target.tag,
    from: { kind: source.kind, name, ...(elsewhere && { namespace: source.namespace as string }) },
    generation: 0,
    ...(reference === true && { reference }),
    importPolicy: {
      ...(insecure === true && { insecure }),
      ...(scheduled === true && { scheduled }),
      ...(importMode !== undefined && { importMode }),
    },
    referencePolicy: { type: referencePolicy === 'local' ? 'Local' : 'Source' },
  };
}

/** Changes the tag, or makes it and its stream. */
async function setTag(client: KubeClient, target: StreamTagName, reference: TagReference): Promise<void> {
  const { hasReason } = await import('@longshore/kube');
  const object = newStreamTag(target, reference);
  try {
    await client.update<ImageStreamTag>(IMAGE_STREAM_TAGS, object);
  } catch (error) {
    if (!hasReason(error, 'NotFound') && !hasReason(error, 'MethodNotAllowed')) throw error;
    await client.create<ImageStreamTag>(IMAGE_STREAM_TAGS, object);
  }
}

async function deleteTag(client: KubeClient, target: StreamTagName, namespace: string): Promise<void> {
  await client.delete(IMAGE_STREAM_TAGS, `${target.stream}:${target.tag}`, { namespace: target.namespace });
  process.stdout.write(`Deleted tag ${target.namespace || namespace}/${target.stream}:${target.tag}.\n`);
}

function shown({ namespace, stream, tag }: StreamTagName, current: string): string {
  return namespace === current ? `${stream}:${tag}` : `${namespace}/${stream}:${tag}`;
}

function saidOf(source: TagSource, text: string, { alias, scheduled }: TagOptions): string {
  if (alias === true) return `set up to track ${text}`;
  const from = source.kind === 'ImageStreamImage' ? source.name : text;
  return scheduled === true ? `set to import ${from} periodically` : `set to ${from}`;
}
