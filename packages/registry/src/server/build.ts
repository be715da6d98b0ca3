import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** What `imageregistry_build_info` says. An image build sets LONGSHORE_COMMIT. */
export const BUILD = { version, commit: process.env.LONGSHORE_COMMIT ?? 'unknown' };
