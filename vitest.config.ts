import { defineConfig } from 'vitest/config';

const JOURNEYS = 'test/journeys/**/*.test.ts';

export default defineConfig({
  resolve: {
    alias: [{ find: /^@longshore\/([a-z]+)$/, replacement: `${import.meta.dirname}/packages/$1/src/index.ts` }],
  },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
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
