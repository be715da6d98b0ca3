import { hasReason, type Image, type ImageStream, type KubeClient, type NamedTagEventList } from '@longshore/kube';
import type { StreamHistory } from './prune-graph.js';
import type { PrunePlan, StreamVerdict } from './prune-plan.js';
import { IMAGES, STREAMS } from './read-cluster.js';

/** A stream changed each time that it was to be written. */
export class StreamBusyError extends Error {
  override readonly name = 'StreamBusyError';
  readonly code = 'STREAM_BUSY';
}

const MAX_CONFLICTS = 10;

/** What pruning changes in the API; without a client nothing, as a dry run does. */
export class ClusterChanges {
  constructor(
    private readonly plan: PrunePlan,
    private readonly client: KubeClient | undefined,
  ) {}

  /**
   * Takes what the plan drops out of a stream's history, as the stream is by now. `onVerdict` hears what goes before it
   * does, once. Resolves with that, or with undefined when nothing goes any longer. Errors: as of `KubeClient`,
   * {@link StreamBusyError}.
   */
  async shorten(
    planned: StreamVerdict,
    onVerdict: (verdict: StreamVerdict) => void,
  ): Promise<StreamVerdict | undefined> {
    if (this.client === undefined) {
      onVerdict(planned);
      return planned;
    }
    const [namespace = '', name = ''] = this.plan.graph.names.text(planned.history.stream).split('/');
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const stream = await this.client.find<ImageStream>(STREAMS, name, { namespace });
      if (stream === undefined) return undefined;
      const history = await this.learn(stream, this.client);
      const verdict = this.plan.judge(history);
      if (verdict.dropped.length === 0) return undefined;
      if (conflicts === 0) onVerdict(verdict);
      try {
        await this.client.updateStatus(STREAMS, shortened(stream, verdict));
        return verdict;
      } catch (error) {
        if (!hasReason(error, 'Conflict')) throw error;
      }
    }
    throw new StreamBusyError(
      `${namespace}/${name} was changed by others ${MAX_CONFLICTS} times; prune it again later`,
    );
  }

  /** Deletes an image unless it was written since it was read. Resolves with whether it is gone. */
  async deleteImage(image: number): Promise<boolean> {
    const { graph } = this.plan;
    const version = graph.imageVersion.at(image);
    const preconditions = Number.isSafeInteger(version) ? { resourceVersion: String(version) } : {};
    try {
      await this.client?.delete(IMAGES, graph.digests.text(graph.imageDigest.at(image)), { preconditions });
      return true;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return true;
      if (hasReason(error, 'Conflict')) return false;
      throw error;
    }
  }

  /** Tells the plan of what came into a stream since it was made, with the images that it has never seen. */
  private async learn(stream: ImageStream, client: KubeClient): Promise<StreamHistory> {
    const { plan } = this;
    for (const digest of plan.takeStream(stream)) {
      const image = await client.find<Image>(IMAGES, plan.graph.digests.text(digest));
      if (image !== undefined) plan.takeImage(image);
    }
    return plan.graph.readStream(stream);
  }
}

function shortened(stream: ImageStream, { history, dropped }: StreamVerdict): ImageStream {
  const gone = new Set(dropped);
  const tags = (stream.status.tags ?? []).flatMap((tag, tagIndex): NamedTagEventList[] => {
    const known = history.tags[tagIndex]?.items ?? [];
    const items = (tag.items ?? []).filter((_, index) => !gone.has(known[index] as (typeof known)[number]));
    if (items.length === known.length) return [tag];
    return items.length === 0 ? [] : [{ ...tag, items }];
  });
  return { ...stream, status: { ...stream.status, tags } };
}
