import type { CopyEvent } from '@longshore/distribution';
import { binarySize } from '@longshore/mirror';
import { alignColumns } from '../align-columns.js';

/** What a repository got. */
export interface Destination {
  destination: string;
  manifests: number;
  /** Blobs whose bytes were sent there, and those bytes. */
  uploaded: number;
  bytes: number;
  /** Blobs that it took over from another repository. */
  mounted: number;
}

/** Counts by destination what a mirroring has done. */
export class CopySummary {
  readonly #counts = new Map<string, { manifests: Set<string>; uploads: Map<string, number>; mounts: Set<string> }>();

  /** What is sent a second time counts once. */
  add(event: CopyEvent): void {
    if (event.type === 'bytes') return;
    const { target, digest } = event;
    const counts = this.#counts.get(target.name) ?? { manifests: new Set(), uploads: new Map(), mounts: new Set() };
    this.#counts.set(target.name, counts);
    if (event.type === 'pushed') counts.manifests.add(digest);
    else if (event.type === 'mounted') counts.mounts.add(digest);
    else counts.uploads.set(digest, event.size);
  }

  /** In the order of their names. */
  destinations(): Destination[] {
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([destination, { manifests, uploads, mounts }]) => ({
        destination,
        manifests: manifests.size,
        uploaded: uploads.size,
        bytes: [...uploads.values()].reduce((sum, size) => sum + size, 0),
        mounted: mounts.size,
      }));
  }

  /** A table for people; empty when nothing was done. */
  text(): string {
    const rows = this.destinations().map(({ destination, manifests, uploaded, bytes, mounted }) =>
      [destination, manifests, uploaded, mounted, binarySize(bytes)].map(String),
    );
    if (rows.length === 0) return '';
    const lines = alignColumns([['DESTINATION', 'MANIFESTS', 'UPLOADED', 'MOUNTED', 'SIZE'], ...rows]);
    return `\n${lines.join('\n')}\n\n`;
  }
}
