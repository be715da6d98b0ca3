import { FileRepository, OciLayout, splitLayoutName } from '@longshore/distribution';
import { repositoriesIn } from './repositories-in.js';

/** How a folder holds images: repositories with links (mirror.md 1.4), or one OCI layout. */
export type FolderFormat = 'v2' | 'oci';

/** What is read of a repository. Everything fails with CopyError. */
export type FolderRepository = Pick<FileRepository, 'manifest' | 'blobSize' | 'openBlob' | 'tags'>;

/** A folder of mirrored images, to read from. */
export interface FolderImages {
  /** Ascending. */
  repositories(): Promise<string[]>;
  /** Errors: CopyError INVALID for a name that is none. */
  at(repository: string): FolderRepository;
}

/** A folder of either format. In a layout, a repository has the names that begin with it; content is there by its digest for all. */
export function openFolderImages(dir: string, format: FolderFormat): FolderImages {
  if (format === 'v2') {
    return { repositories: () => repositoriesIn(dir), at: (repository) => new FileRepository(dir, repository) };
  }
  const layout = new OciLayout(dir);
  return { repositories: () => repositoriesOf(layout), at: (repository) => layout.at(repository) };
}

/** Images whose names are no `REPOSITORY:TAG` are in none. */
async function repositoriesOf(layout: OciLayout): Promise<string[]> {
  const found = new Set<string>();
  for await (const name of layout.tags()) found.add(splitLayoutName(name).repository);
  found.delete('');
  return [...found].sort();
}
