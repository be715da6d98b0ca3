import type { ImageStreamImport } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { importRelease, type ImportReleaseOptions } from './import-release.js';

const tags = Array.from({ length: 30 }, (_, index) => ({
  tag: `image-${index}`,
  pullSpec: `a.test/x@sha256:${index}`,
}));

/** A cluster that fails to import some tags some times. */
function cluster(failures: Record<string, number>) {
  const asked: ImageStreamImport[] = [];
  const left = new Map(Object.entries(failures));
  const create = (_type: unknown, wanted: ImageStreamImport) => {
    asked.push(wanted);
    const images = wanted.spec.images?.map(({ to }) => {
      const fails = left.get(to?.name ?? '') ?? 0;
      left.set(to?.name ?? '', fails - 1);
      return { tag: to?.name, status: fails > 0 ? { status: 'Failure', message: 'not now' } : { status: 'Success' } };
    });
    return Promise.resolve({ ...wanted, status: { images } });
  };
  return { asked, client: { create } as unknown as ImportReleaseOptions['client'] };
}

const options = (client: ImportReleaseOptions['client'], change: Partial<ImportReleaseOptions> = {}) => ({
  client,
  namespace: 'ns',
  stream: 'release',
  insecure: false,
  keepsLists: false,
  dryRun: false,
  signal: new AbortController().signal,
  ...change,
});
const namesIn = ({ spec }: ImageStreamImport) => spec.images?.map(({ to }) => to?.name);

describe('a release that is imported into a stream (mirror.md 1.8)', () => {
  it('comes in batches of 13 tags', async () => {
    const { asked, client } = cluster({});
    await importRelease(tags, options(client));
    expect(asked.map(({ spec }) => spec.images?.length)).toEqual([13, 13, 4]);
    expect(asked[0]).toMatchObject({ metadata: { namespace: 'ns', name: 'release' }, spec: { import: true } });
    expect(asked[0]?.spec.images?.[0]).toEqual({
      from: { kind: 'DockerImage', name: 'a.test/x@sha256:0' },
      to: { name: 'image-0' },
      importPolicy: { importMode: 'Legacy' },
      referencePolicy: { type: 'Source' },
    });
  });

  it('asks again for what failed, four times in all', async () => {
    const { asked, client } = cluster({ 'image-3': 1, 'image-20': 3 });
    await importRelease(tags, options(client));
    expect(asked.slice(3).map(namesIn)).toEqual([['image-3', 'image-20'], ['image-20'], ['image-20']]);
    const never = cluster({ 'image-3': 4 });
    await expect(importRelease(tags, options(never.client))).rejects.toThrow(
      '1 of 30 images could not be imported into release: image-3: not now',
    );
    expect(never.asked).toHaveLength(6);
  });

  it('keeps lists, and takes registries without TLS, when asked to; a dry run imports nothing', async () => {
    const { asked, client } = cluster({});
    await importRelease(tags.slice(0, 1), options(client, { keepsLists: true, insecure: true, dryRun: true }));
    expect(asked[0]?.spec).toMatchObject({
      import: false,
      images: [{ importPolicy: { importMode: 'PreserveOriginal', insecure: true } }],
    });
  });

  it('ends when it is interrupted', async () => {
    const { asked, client } = cluster({});
    await expect(importRelease(tags, options(client, { signal: AbortSignal.abort() }))).rejects.toThrow();
    expect(asked).toEqual([]);
  });
});
