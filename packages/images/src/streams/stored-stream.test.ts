import type { ImageStream } from '@longshore/kube';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { storedStreams } from './stored-stream.js';

const image = fc.constantFrom('', `sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`);
const event = fc
  .record({
    created: fc.constant('2026-01-01T00:00:00Z'),
    repository: fc.constantFrom('quay.io/a/b', 'r:5000/p/app'),
    image,
    other: fc.boolean(),
    generation: fc.nat(5),
  })
  .map(({ created, repository, image, other, generation }) => ({
    created,
    dockerImageReference: image === '' || other ? `${repository}:tag` : `${repository}@${image}`,
    image,
    generation,
  }));
const tags = fc.array(
  fc.record({ tag: fc.string({ minLength: 1 }), items: fc.option(fc.array(event), { nil: null }) }),
  { minLength: 1 },
);

it('shows what was stored, with the repositories as they are now', () => {
  const hostnames = { internal: 'old:5000' as string | undefined, external: [] as string[] };
  const form = storedStreams(() => ({
    ...(hostnames.internal !== undefined && { internal: hostnames.internal }),
    external: hostnames.external,
  }));
  fc.assert(
    fc.property(tags, (tags) => {
      const stream = {
        apiVersion: 'image.openshift.io/v1',
        kind: 'ImageStream',
        metadata: { name: 'app', namespace: 'proj' },
        spec: { lookupPolicy: { local: false } },
        status: { dockerImageRepository: 'whatever a client sends', tags },
      } as ImageStream;
      const stored = JSON.parse(JSON.stringify(form.pack(stream))) as ImageStream;
      expect(JSON.stringify(stored)).not.toContain('whatever');
      Object.assign(hostnames, { internal: 'new:5000', external: ['pub.example.com'] });
      expect(form.unpack(stored)).toEqual({
        ...stream,
        status: {
          dockerImageRepository: 'new:5000/proj/app',
          publicDockerImageRepository: 'pub.example.com/proj/app',
          tags,
        },
      });
      hostnames.internal = undefined;
      expect(form.unpack(stored).status).toEqual({ dockerImageRepository: '', tags });
    }),
  );
});
