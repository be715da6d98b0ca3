import { each } from './each.js';
import { blobsOf } from './image-tree.js';
import { repositoryKey } from './new-repositories.js';
import { CopyError } from './place.js';
import type { Blob, ImageTarget } from './place.js';
import { blobKey, presenceKey, sourceKey } from './presence.js';
import type { Survey, SurveyedImage, SurveyOptions } from './survey.js';

/** What is known of targets; `elsewhere` also receives what is found out. */
export interface KnownPlaces extends Pick<Survey, 'present'> {
  elsewhere: Map<string, string>;
  newRepositories: ReadonlySet<string>;
}

/**
 * Media that lack something, or have it in another size, are told before anything is sent: their images become `failed`. What they
 * lack may be missing when all targets can take it over from other repositories (mirror.md 9.3, example 20); returned by `sourceKey`.
 */
export async function checkLocal(
  images: SurveyedImage[],
  known: KnownPlaces,
  { limits, signal }: SurveyOptions,
): Promise<ReadonlySet<string>> {
  const holders = new Holders(images, known, { limits, signal });
  const checked = new Map<string, unknown>();
  const lacking = new Set<string>();
  await each([...images.entries()], limits.most, async ([index, image]) => {
    if (image.state !== 'wanted' || !image.source.isLocal) return;
    const { source, targets, tree } = image;
    for (const blob of blobsOf(tree)) {
      const without = targets.filter(({ target }) => !known.present.has(presenceKey(target, blob)));
      if (without.length === 0) continue;
      const key = sourceKey(source, blob);
      if (!checked.has(key))
        checked.set(key, await source.checkBlob(blob, { signal }).catch((error: unknown) => error));
      const error = checked.get(key);
      if (error === undefined) continue;
      const isLacking = error instanceof CopyError && error.code === 'INCOMPLETE';
      if (isLacking && (await holders.findAll(without, blob))) lacking.add(key);
      else images[index] = { ...image, state: 'failed', error };
    }
  });
  return lacking;
}

/** Repositories from which targets can take blobs over. */
class Holders {
  readonly #targets: ReadonlyMap<string, ImageTarget>;
  /** By store and blob. */
  readonly #asked = new Map<string, Promise<string | undefined>>();

  constructor(
    images: readonly SurveyedImage[],
    readonly known: KnownPlaces,
    readonly options: Pick<SurveyOptions, 'limits' | 'signal'>,
  ) {
    const all = images.flatMap(({ targets }) => targets.map(({ target }) => target));
    this.#targets = new Map(all.map((target) => [repositoryKey(target), target]));
  }

  /** Whether there is one for each target; they are noted. */
  async findAll(targets: readonly { target: ImageTarget }[], blob: Blob): Promise<boolean> {
    const { elsewhere } = this.known;
    for (const { target } of targets) {
      if (!target.canLink) return false;
      const key = presenceKey(target, blob);
      const from = elsewhere.get(key) ?? (await this.#inStore(target.store, blob));
      if (from === undefined) return false;
      elsewhere.set(key, from);
    }
    return true;
  }

  #inStore(store: string, blob: Blob): Promise<string | undefined> {
    const key = `${store} ${blobKey(blob)}`;
    const asked = this.#asked.get(key) ?? this.#ask(store, blob);
    this.#asked.set(key, asked);
    return asked;
  }

  /** Asks the other targets of the store, which may have it for images that are not copied now. */
  async #ask(store: string, blob: Blob): Promise<string | undefined> {
    const { present, newRepositories } = this.known;
    const { limits, signal } = this.options;
    const others = [...this.#targets].filter(([, target]) => target.store === store);
    const known = others.find(([, target]) => present.has(presenceKey(target, blob)));
    if (known !== undefined) return known[1].repository;
    for (const [key, target] of others) {
      if (newRepositories.has(key)) continue;
      const isHere = await limits
        .run([store], signal, () => target.hasBlob(blob, { signal }))
        .catch(() => signal.throwIfAborted());
      if (isHere === true) return target.repository;
    }
    return undefined;
  }
}
