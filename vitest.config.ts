import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const JOURNEYS = 'test/journeys/**/*.test.ts';
const PACKAGES = join(import.meta.dirname, 'packages');

interface PackageFile {
  name: string;
  exports: Record<string, string | { default: string }>;
}

/** What a package exports, and the source of it, so that tests need no build. */
function sourcesOf(folder: string): { find: RegExp; replacement: string }[] {
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFile;
  return Object.entries(exports).map(([path, target]) => {
    const compiled = typeof target === 'string' ? target : target.default;
    const source = compiled.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts');
    return { find: new RegExp(`^${join(name, path)}$`), replacement: join(folder, source) };
  });
}

export default defineConfig({
  resolve: {
    alias: readdirSync(PACKAGES).flatMap((name) => sourcesOf(join(PACKAGES, name))),
  },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: [join(import.meta.dirname, 'test/temporary-folder.ts')],
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['packages/*/src/**/*.test.ts', 'bench/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [JOURNEYS],
        },
      },
      // Many real programs on one busy machine: a journey may try once more, and the summary then names it as unsteady.
      { extends: true, test: { name: 'journeys', include: [JOURNEYS], retry: 1 } },
    ],
  },
});
