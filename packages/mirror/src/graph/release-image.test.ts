import { StubRegistry } from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findReleaseImage, imageOfClusterVersion } from './release-image.js';

describe('the image of a release in a cluster', () => {
  const clusterVersion = {
    status: {
      desired: { version: '4.16.3', image: 'r.test/x@sha256:3' },
      availableUpdates: [
        { version: '4.16.4', image: '' },
        { version: '4.16.5', image: 'r.test/x@sha256:5' },
      ],
      history: [
        { version: '4.16.3', image: 'r.test/x@sha256:other' },
        { version: '4.16.1', image: 'r.test/x@sha256:1' },
      ],
    },
  };

  it.each<[string | undefined, string | undefined]>([
    [undefined, 'r.test/x@sha256:3'],
    ['4.16.3', 'r.test/x@sha256:3'],
    ['4.16.5', 'r.test/x@sha256:5'],
    ['4.16.1', 'r.test/x@sha256:1'],
    ['4.16.4', undefined],
    ['4.16.2', undefined],
  ])('of version %s', (version, image) => {
    expect(imageOfClusterVersion(clusterVersion, version)).toBe(image);
  });

  it.each([{}, { status: { desired: null, availableUpdates: null, history: 'x' } }])('may be nowhere: %j', (object) => {
    expect(imageOfClusterVersion(object, '4.16.3')).toBeUndefined();
    expect(imageOfClusterVersion(object)).toBeUndefined();
  });
});

describe('the image of a release in graphs', () => {
  let server: StubRegistry;
  const graphs = new Map<string, string[]>();
  const asked: string[] = [];

  beforeAll(async () => {
    server = await StubRegistry.start();
    server.intercept = ({ path }, response) => {
      const { pathname, searchParams } = new URL(path, server.url);
      const channel = searchParams.get('channel') ?? '';
      asked.push(`${pathname} ${channel} ${searchParams.get('arch')}`);
      const versions = graphs.get(channel);
      if (versions === undefined) response.writeHead(404).end();
      else {
        const nodes = versions.map((version) => ({ version, payload: `r.test/x@sha256:${channel}` }));
        response.end(JSON.stringify({ nodes, edges: [] }));
      }
      return true;
    };
  });
  afterAll(() => server.close());
  beforeEach(() => {
    graphs.clear();
    asked.splice(0);
  });

  const signal = new AbortController().signal;
  const find = (version: string) => findReleaseImage(server.url, { version, architecture: 'amd64' }, { signal });

  it('is that of the first channel that has it', async () => {
    graphs.set('fast-4.16', ['4.16.1']).set('stable-4.16', ['4.16.3']).set('candidate-4.16', ['4.16.3']);
    expect(await find('4.16.3')).toEqual({ image: 'r.test/x@sha256:stable-4.16', channel: 'stable-4.16' });
    const path = '/api/upgrades_info/v1/graph';
    expect(asked).toEqual([`${path} fast-4.16 amd64`, `${path} stable-4.16 amd64`]);
  });

  it('may be nowhere', async () => {
    graphs.set('fast-4.16', ['4.16.1']).set('stable-4.16', []).set('candidate-4.16', ['4.16.2']);
    expect(await find('4.16.3')).toBeUndefined();
  });

  it('is not asked for when it has another major version', async () => {
    expect(await find('5.0.0')).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('is not known to be missing where a channel does not answer', async () => {
    graphs.set('fast-4.16', ['4.16.1']);
    await expect(find('4.16.3')).rejects.toMatchObject({ code: 'GetGraphDataFailed' });
    graphs.set('candidate-4.16', ['4.16.3']);
    expect(await find('4.16.3')).toMatchObject({ channel: 'candidate-4.16' });
  });
});
