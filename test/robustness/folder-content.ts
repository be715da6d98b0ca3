import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What stands in a folder: digests of files, targets of links; but for what Longshore remembers. */
export function contentOf(dir: string, below = ''): Record<string, string> {
  const entries = readdirSync(join(dir, below)).filter((name) => name !== '.longshore');
  return Object.fromEntries(
    entries.sort().flatMap((name) => {
      const path = join(below, name);
      const stats = lstatSync(join(dir, path));
      if (stats.isDirectory()) return Object.entries(contentOf(dir, path));
      const text = stats.isSymbolicLink()
        ? readlinkSync(join(dir, path))
        : createHash('sha256')
            .update(readFileSync(join(dir, path)))
            .digest('hex');
      return [[path, text]];
    }),
  );
}
