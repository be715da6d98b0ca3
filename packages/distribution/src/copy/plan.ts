import type { Digest } from '@longshore/oci';
import { blobsOf } from './image-tree.js';
import type { ImageTree } from './image-tree.js';
import type { Blob, ImageSource, ImageTarget } from './place.js';
import { blobKey, presenceKey, sourceKey } from './presence.js';
import type { Survey } from './survey.js';

/** A blob below this size costs no more than the request that would mount it (mirror.md 2.6). */
export const SMALLEST_MOUNT = 16 * 1024;

/** A blob that is read once. */
export interface BlobCopy {
  blob: Blob;
  /** Any of them has it; without any, all who want it take it over. */
  sources: ImageSource[];
  /** Those that receive its bytes, all from one reading. */
  uploads: ImageTarget[];
  /** Those that take it over from another repository of their store, where it is or will be. */
  links: { target: ImageTarget; from: string }[];
}

/** A manifest that is written to a repository, after its blobs and children. */
export interface ManifestCopy {
  tree: ImageTree;
  /** Without any, it is written under its digest. */
  tags: string[];
  /** Whether only a list needs it. */
  isChild: boolean;
}

/** What is done in one repository. */
export interface RepositoryPlan {
  target: ImageTarget;
  /** What is to come, by the repository that has it; what several have is named several times. */
  wanted: { source: ImageSource; blobs: Blob[] }[];
  /** Children before lists. */
  manifests: ManifestCopy[];
  /** Repositories of one phase share nothing that could be mounted; later ones mount from earlier ones. */
  phase: number;
  /** Blobs to come, those of them that are linked, and those large ones that others want too. */
  blobs: number;
  mounts: number;
  shared: number;
}

/** The blobs to come of one store. Shared are those that more than one source repository has, or more than one target wants. */
export interface StoreStats {
  shared: number;
  unique: number;
  bytes: number;
  sharedBytes: number;
}

export interface CopyPlan {
  repositories: RepositoryPlan[];
  stats: ReadonlyMap<string, StoreStats>;
  blobs: BlobCopy[];
  /** Bytes that are read, and that are written. */
  readBytes: number;
  writeBytes: number;
}

interface Wish {
  blob: Blob;
  sources: Set<ImageSource>;
}

interface Draft {
  target: ImageTarget;
  wishes: Map<string, Wish>;
  manifests: Map<Digest, ManifestCopy>;
}

/** Decides what is copied from where to where. The order of images and targets decides where there is a choice. */
export function planCopy(survey: Survey): CopyPlan {
  const drafts = draftsOf(survey);
  const phases = phasesOf(drafts);
  const ordered = [...drafts].sort((a, b) => (phases.get(a) ?? 0) - (phases.get(b) ?? 0));
  const blobs = blobCopies(ordered, survey);
  const linked = new Set(blobs.flatMap(({ blob, links }) => links.map(({ target }) => presenceKey(target, blob))));
  const users = usersOf(drafts);
  const repositories = drafts.map((draft): RepositoryPlan => {
    const wishes = [...draft.wishes.values()];
    return {
      target: draft.target,
      wanted: wantedBySource(wishes),
      manifests: [...draft.manifests.values()],
      phase: phases.get(draft) ?? 0,
      blobs: wishes.length,
      mounts: wishes.filter(({ blob }) => linked.has(presenceKey(draft.target, blob))).length,
      shared: wishes.filter(({ blob }) => blob.size >= SMALLEST_MOUNT && (users.get(blobKey(blob))?.size ?? 0) > 1)
        .length,
    };
  });
  const sum = (weight: (copy: BlobCopy) => number) =>
    blobs.reduce((total, copy) => total + copy.blob.size * weight(copy), 0);
  const stores = [...new Set(drafts.map(({ target }) => target.store))];
  const draftsAt = (store: string) => drafts.filter(({ target }) => target.store === store);
  return {
    repositories,
    stats: new Map(stores.map((store) => [store, statsOf(draftsAt(store))])),
    blobs,
    readBytes: sum(({ uploads }) => Math.min(uploads.length, 1)),
    writeBytes: sum(({ uploads }) => uploads.length),
  };
}

/** Who wants a blob: each pair of a repository that has it and one that wants it. */
function usersOf(drafts: readonly Draft[]): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const { target, wishes } of drafts) {
    for (const { blob, sources } of wishes.values()) {
      const known = users.get(blobKey(blob)) ?? new Set();
      users.set(blobKey(blob), known);
      for (const { name } of sources) known.add(`${name} ${target.store} ${target.repository}`);
    }
  }
  return users;
}

function statsOf(drafts: readonly Draft[]): StoreStats {
  const users = usersOf(drafts);
  const stats = { shared: 0, unique: 0, bytes: 0, sharedBytes: 0 };
  for (const { blob } of new Map(drafts.flatMap(({ wishes }) => [...wishes])).values()) {
    const isShared = (users.get(blobKey(blob))?.size ?? 0) > 1;
    stats[isShared ? 'shared' : 'unique'] += 1;
    stats.bytes += blob.size;
    if (isShared) stats.sharedBytes += blob.size;
  }
  return stats;
}

function draftsOf({ images, present }: Survey): Draft[] {
  const drafts = new Map<string, Draft>();
  for (const image of images) {
    if (image.state !== 'wanted') continue;
    for (const { target, tag } of image.targets) {
      const key = `${target.store} ${target.repository}`;
      const draft = drafts.get(key) ?? {
        target,
        wishes: new Map<string, Wish>(),
        manifests: new Map<Digest, ManifestCopy>(),
      };
      drafts.set(key, draft);
      for (const blob of blobsOf(image.tree)) {
        if (present.has(presenceKey(target, blob))) continue;
        const wish = draft.wishes.get(blobKey(blob)) ?? { blob, sources: new Set() };
        wish.sources.add(image.source);
        draft.wishes.set(blobKey(blob), wish);
      }
      addManifests(draft, image.tree, tag, false);
    }
  }
  return [...drafts.values()];
}

function addManifests({ manifests }: Draft, tree: ImageTree, tag: string | undefined, isChild: boolean): void {
  const add = (one: ImageTree, name: string | undefined, below: boolean) => {
    for (const child of one.children) add(child, undefined, true);
    const known = manifests.get(one.manifest.digest) ?? { tree: one, tags: [], isChild: below };
    if (name !== undefined && !known.tags.includes(name)) known.tags.push(name);
    known.isChild &&= below;
    manifests.set(one.manifest.digest, known);
  };
  add(tree, tag, isChild);
}

/** In each phase those that share nothing, and of the others the most-sharing ones that have nothing in common. */
function phasesOf(drafts: readonly Draft[]): Map<Draft, number> {
  const large = (draft: Draft) => [...draft.wishes.values()].filter(({ blob }) => blob.size >= SMALLEST_MOUNT);
  const counts = new Map<string, number>();
  const keysOf = (draft: Draft) => large(draft).map(({ blob }) => `${draft.target.store} ${blobKey(blob)}`);
  for (const key of drafts.flatMap(keysOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  let rest = drafts
    .map((draft) => ({
      draft,
      keys: keysOf(draft).filter((key) => draft.target.canLink && (counts.get(key) ?? 0) > 1),
    }))
    .sort((a, b) => b.keys.length - a.keys.length);
  const phases = new Map<Draft, number>();
  for (let phase = 0; rest.length > 0; phase += 1) {
    const taken = new Set<string>();
    const later: typeof rest = [];
    for (const one of rest) {
      if (one.keys.some((key) => taken.has(key))) later.push(one);
      else {
        one.keys.forEach((key) => taken.add(key));
        phases.set(one.draft, phase);
      }
    }
    rest = later;
  }
  return phases;
}

function blobCopies(drafts: readonly Draft[], survey: Survey): BlobCopy[] {
  const holders = holdersOf(survey);
  const copies = new Map<string, BlobCopy>();
  for (const { target, wishes } of drafts) {
    for (const { blob, sources } of wishes.values()) {
      const copy = copies.get(blobKey(blob)) ?? { blob, sources: [], uploads: [], links: [] };
      copies.set(blobKey(blob), copy);
      const having = [...sources].filter((source) => !survey.lacking.has(sourceKey(source, blob)));
      for (const source of having) if (!copy.sources.includes(source)) copy.sources.push(source);
      const isWorthwhile = target.sharesBlobs === true || blob.size >= SMALLEST_MOUNT || having.length === 0;
      const isLinkable = target.canLink && isWorthwhile;
      const from =
        holders.get(`${target.store} ${blobKey(blob)}`) ??
        survey.elsewhere.get(presenceKey(target, blob)) ??
        copy.uploads.find(({ store }) => store === target.store)?.repository;
      if (isLinkable && from !== undefined) copy.links.push({ target, from });
      else copy.uploads.push(target);
    }
  }
  // The longest first, so that none of them runs alone at the end.
  return [...copies.values()].sort((a, b) => b.blob.size - a.blob.size);
}

/** A repository of a store that has a blob now: one of the targets, or one of the sources. */
function holdersOf({ images, present }: Survey): Map<string, string> {
  const holders = new Map<string, string>();
  for (const image of images) {
    if (image.state !== 'wanted') continue;
    for (const blob of blobsOf(image.tree)) {
      if (image.source.mountName !== undefined)
        holders.set(`${image.source.store} ${blobKey(blob)}`, image.source.mountName);
      for (const { target } of image.targets) {
        if (present.has(presenceKey(target, blob))) holders.set(`${target.store} ${blobKey(blob)}`, target.repository);
      }
    }
  }
  return holders;
}

function wantedBySource(wishes: readonly Wish[]): RepositoryPlan['wanted'] {
  const bySource = new Map<ImageSource, Blob[]>();
  for (const { blob, sources } of wishes) {
    for (const source of sources) {
      const blobs = bySource.get(source) ?? [];
      bySource.set(source, blobs);
      blobs.push(blob);
    }
  }
  return [...bySource]
    .map(([source, blobs]) => ({
      source,
      blobs: blobs.sort((a, b) => a.size - b.size || (a.digest < b.digest ? -1 : 1)),
    }))
    .sort((a, b) => (a.source.name < b.source.name ? -1 : 1));
}
