import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ImageArchive, OciLayout, StoreLimits, type WantedImage } from '@longshore/distribution';
import { createArtifact, createImage, createIndex, temporaryFolder, writeOciLayout } from '@longshore/testkit';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mirrorImages } from './mirror-images.js';

const image = createImage({ seed: 'one', size: 50_000 });
const images = {
  one: image,
  list: createIndex([image, createImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64' } })]),
  artifact: createArtifact({ content: Buffer.from('chart'), artifactType: 'application/vnd.cncf.helm.chart' }),
};

let layout: string;
let dir: string;
beforeAll(async () => {
  layout = temporaryFolder('refused-source');
  await writeOciLayout(layout, images);
});
beforeEach(() => void (dir = temporaryFolder('refused')));

/** Mirrors images of the layout to an archive and, where asked, to a layout; returns what was told. */
async function mirror(
  names: readonly string[],
  kind: 'oci-archive' | 'docker-archive',
  { continueOnError = false, alsoTo }: { continueOnError?: boolean; alsoTo?: OciLayout } = {},
): Promise<string[]> {
  const archive = new ImageArchive(kind, join(dir, 'a.tar'));
  await archive.begin();
  const wanted = names.map((name): WantedImage => {
    const others = alsoTo === undefined ? [] : [{ target: alsoTo, tag: name }];
    const targets = [{ target: archive, tag: `org/app:${name}` }, ...others];
    return { source: new OciLayout(layout), reference: name, targets };
  });
  const told: string[] = [];
  try {
    await mirrorImages(wanted, {
      selection: { keepList: false },
      force: false,
      skipMissing: false,
      continueOnError,
      dryRun: false,
      limits: new StoreLimits(),
      signal: new AbortController().signal,
      onPlan: () => undefined,
      onEvent: () => undefined,
      onNote: () => undefined,
      onError: ({ message }) => void told.push(message),
    });
    return told;
  } finally {
    await archive.close();
  }
}

describe('an archive', () => {
  it.each([
    ['list', 'choose one of them with --filter-by-os'],
    ['artifact', 'is no container image'],
  ])('for docker refuses a %s before anything is written', async (name, words) => {
    await expect(mirror([name], 'docker-archive')).rejects.toMatchObject({
      code: 'PLANNING',
      cause: { code: 'INVALID', message: expect.stringContaining(words) as string },
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('that is there and has not all refuses more', async () => {
    await mirror(['one'], 'oci-archive');
    await expect(mirror(['one', 'list'], 'oci-archive')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('is there already') as string },
    });
    expect(await mirror(['one'], 'oci-archive')).toEqual([]);
  });

  it.each(['docker-archive', 'oci-archive'] as const)(
    'of which an image is missing is not written, and what goes elsewhere is: %s',
    async (kind) => {
      const other = new OciLayout(join(dir, 'layout'));
      const bad = kind === 'docker-archive' ? 'list' : 'missing';
      const told = await mirror(['one', bad], kind, { continueOnError: true, alsoTo: other });
      expect(told).toEqual([
        expect.stringContaining(bad),
        expect.stringContaining(`org/app:one: ${kind}:${join(dir, 'a.tar')}: is not written, as not all`),
      ]);
      expect(existsSync(join(dir, 'a.tar'))).toBe(false);
      expect(readdirSync(dir)).toEqual(['layout']);
      const tags: string[] = [];
      for await (const tag of other.tags()) tags.push(tag);
      expect(tags).toEqual(bad === 'list' ? ['list', 'one'] : ['one']);
    },
  );
});
