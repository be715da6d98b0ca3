import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FileRepository, Journal, lockFolder, OciLayout } from '@longshore/distribution';
import type { ImageSource, ImageTarget } from '@longshore/distribution';
import { closeAll } from './close-all.js';
import { MirrorError } from './mirror-error.js';

/** How a folder holds images: repositories with links (mirror.md 1.4), or one OCI layout. */
export type FolderFormat = 'v2' | 'oci';

/** In the folder of a target: what was checked, and who writes there. */
const OWN_FOLDER = '.longshore';

/** Folders that are written to, each locked until all are closed. */
export class FolderPlaces {
  readonly #journals = new Map<string, Promise<Journal>>();
  readonly #layouts = new Map<string, OciLayout>();
  readonly #unlock: (() => Promise<void>)[] = [];

  /** @param dryRun nothing is written anywhere */
  constructor(readonly dryRun: boolean) {}

  /** A repository; the empty name is the layout itself. Errors: CopyError, also LOCKED; MirrorError USAGE for another format. */
  async target(folder: string, repository: string, wanted?: FolderFormat): Promise<ImageTarget> {
    const dir = resolve(folder);
    const format = formatFor(dir, wanted);
    const journal = await this.journal(dir);
    if (format === 'v2') return new FileRepository(dir, repository, journal);
    const layout = this.#layouts.get(dir) ?? new OciLayout(folder, journal);
    this.#layouts.set(dir, layout);
    return repository === '' ? layout : layout.at(repository);
  }

  /** What is known of the files of a folder, which is made and locked. Errors: CopyError, also LOCKED. */
  journal(dir: string): Promise<Journal> {
    const journal = this.#journals.get(dir) ?? this.#openJournal(dir);
    this.#journals.set(dir, journal);
    return journal;
  }

  async #openJournal(dir: string): Promise<Journal> {
    const path = join(dir, OWN_FOLDER, 'journal');
    if (this.dryRun) return Journal.peek(path);
    await mkdir(join(dir, OWN_FOLDER), { recursive: true, mode: 0o750 });
    this.#unlock.push(await lockFolder(join(dir, OWN_FOLDER, 'lock')));
    return Journal.open(path);
  }

  /** Writes down what has been learnt. Errors: CopyError when that is not possible. */
  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#journals.values());
    const journals = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    await closeAll([
      ...journals.map((journal) => () => journal.flush().finally(() => journal.close())),
      ...this.#unlock,
    ]);
  }
}

/** A repository in a folder of either format. Errors: CopyError INVALID for a name that is none. */
export function folderSource(dir: string, repository: string): ImageSource {
  const root = resolve(dir);
  return formatOf(root) === 'oci' ? new OciLayout(root).at(repository) : new FileRepository(root, repository);
}

/** The format of a folder that has images; undefined for any other. */
export function formatOf(dir: string): FolderFormat | undefined {
  if (existsSync(join(dir, 'oci-layout'))) return 'oci';
  return existsSync(join(dir, 'v2')) ? 'v2' : undefined;
}

/** Errors: MirrorError USAGE. */
function formatFor(dir: string, wanted: FolderFormat | undefined): FolderFormat {
  const found = formatOf(dir);
  if (found === undefined || wanted === undefined || found === wanted) return wanted ?? found ?? 'v2';
  throw new MirrorError('USAGE', `${dir}: holds images in the format ${found}, not ${wanted}; name another folder`);
}
