import type { ImageImportSpec, ImageStreamImport, KubeClient } from '@longshore/kube';
import { CliError } from '../../cli-error.js';
import { IMAGE_STREAM_IMPORTS, newImport, newStream } from '../../streams/stream-api.js';

/** An image of a release, and its tag in the stream. */
export interface StreamTag {
  tag: string;
  pullSpec: string;
}

export interface ImportReleaseOptions {
  client: Pick<KubeClient, 'create'>;
  namespace: string;
  stream: string;
  insecure: boolean;
  /** Lists are kept whole. */
  keepsLists: boolean;
  dryRun: boolean;
  signal: AbortSignal;
}

const BATCH = 13;
const ATTEMPTS = 4;

/** Imports the images of a release into a stream, a few at a time (mirror.md 1.8). Errors: CliError for what no attempt imports. */
export async function importRelease(tags: readonly StreamTag[], options: ImportReleaseOptions): Promise<void> {
  let [waiting, why] = [[...tags], ''];
  for (let attempt = 1; waiting.length > 0 && attempt <= ATTEMPTS; attempt += 1) {
    const failed: StreamTag[] = [];
    for (let start = 0; start < waiting.length; start += BATCH) {
      options.signal.throwIfAborted();
      const batch = waiting.slice(start, start + BATCH);
      const problems = await importBatch(batch, options);
      for (const one of batch) {
        const problem = problems.get(one.tag);
        if (problem === undefined) continue;
        failed.push(one);
        why = `${one.tag}: ${problem}`;
      }
    }
    waiting = failed;
  }
  if (waiting.length > 0) {
    throw new CliError(
      `${waiting.length} of ${tags.length} images could not be imported into ${options.stream}: ${why}`,
    );
  }
}

/** Why images were not imported, by tag. */
async function importBatch(
  batch: readonly StreamTag[],
  { client, namespace, stream, insecure, keepsLists, dryRun, signal }: ImportReleaseOptions,
): Promise<Map<string, string>> {
  const images = batch.map(({ tag, pullSpec }): ImageImportSpec => ({
    from: { kind: 'DockerImage', name: pullSpec },
    to: { name: tag },
    importPolicy: { importMode: keepsLists ? 'PreserveOriginal' : 'Legacy', ...(insecure && { insecure }) },
    referencePolicy: { type: 'Source' },
  }));
  const wanted = newImport(newStream(namespace, stream), { import: !dryRun, images });
  const { status } = await client.create<ImageStreamImport>(IMAGE_STREAM_IMPORTS, wanted, { signal });
  const problems = new Map<string, string>();
  for (const [index, { tag }] of batch.entries()) {
    const answer = status?.images?.[index]?.status;
    if (answer === undefined) problems.set(tag, 'the cluster says nothing of it');
    else if (answer.status === 'Failure') problems.set(tag, answer.message ?? 'not imported');
  }
  return problems;
}
