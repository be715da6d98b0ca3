import { describe, expect, it } from 'vitest';
import { isPodCounted, usesOfBuild, usesOfPod, usesOfTemplate } from './image-uses.js';
import { digestNamed, HOST, NOW, pod } from './testing/objects.js';

const D = digestNamed('app');

describe('what a pod uses', () => {
  it.each([
    ['a tag', `${HOST}/ns/app:v1`, { tags: [{ stream: 'ns/app', tag: 'v1' }] }],
    ['a tag of any host', 'quay.io/ns/app:v1', { tags: [{ stream: 'ns/app', tag: 'v1' }] }],
    ['latest, when none is named', `${HOST}/ns/app`, { tags: [{ stream: 'ns/app', tag: 'latest' }] }],
    ['a digest', `${HOST}/ns/app@${D}`, { digests: [D] }],
    ['a digest beside a tag', `${HOST}/ns/app:v1@${D}`, { digests: [D] }],
    ['a digest at a mirror with a deeper name', `mirror.example.com/a/b/c@${D}`, { digests: [D] }],
    ['no stream by a deeper name', 'quay.io/a/b/c:v1', {}],
    ['a stream of its namespace by a lone name', 'app:v2', { tags: [{ stream: 'ns/app', tag: 'v2' }] }],
    ['nothing by a blank', ' ', {}],
  ])('%s', (_, text, expected) => {
    expect(usesOfPod(pod([text]))).toEqual({ digests: [], tags: [], invalid: [], ...expected });
  });

  it('is in containers of all kinds, in image volumes, and in what really runs', () => {
    const names = ['a', 'init', 'ephemeral', 'volume', 'running'].map(digestNamed);
    const [a, init, ephemeral, volume, running] = names;
    const spec = {
      initContainers: [{ image: `r.io/ns/x@${init}` }],
      ephemeralContainers: [{ image: `r.io/ns/x@${ephemeral}` }],
      volumes: [{ image: { reference: `r.io/ns/x@${volume}` } }, { emptyDir: {} }],
    };
    const status = { containerStatuses: [{ imageID: `r.io/ns/x@${running}` }, { imageID: digestNamed('config') }, {}] };
    expect(usesOfPod(pod([`r.io/ns/x@${a}`], { spec, status })).digests).toEqual(names);
  });

  it('may be unintelligible', () => {
    const { invalid } = usesOfPod(pod([`${HOST}/ns/APP:v1`]));
    expect(invalid).toEqual([expect.stringContaining(`invalid container image reference "${HOST}/ns/APP:v1"`)]);
  });

  it.each([
    ['Running', 1000, true],
    ['Pending', 1000, true],
    ['Succeeded', 1000, false],
    ['Failed', 1000, false],
    ['Succeeded', 10, true],
  ])('counts when it is %s and %d minutes old: %s', (phase, minutes, expected) => {
    expect(isPodCounted(pod([], { status: { phase }, minutes }), NOW - 60 * 60_000)).toBe(expected);
  });
});

it('follows the path to the template of a workload', () => {
  const spec = { jobTemplate: { spec: { template: { spec: { containers: [{ image: 'r.io/ns/x:v1' }] } } } } };
  const job = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { namespace: 'ns', name: 'x' }, spec };
  const path = ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
  expect(usesOfTemplate(job, path).tags).toEqual([{ stream: 'ns/x', tag: 'v1' }]);
  expect(usesOfTemplate({ ...job, spec: {} }, path)).toEqual({ digests: [], tags: [], invalid: [] });
});

describe('the inputs of a build', () => {
  const build = (spec: object) =>
    usesOfBuild({ apiVersion: 'build.openshift.io/v1', kind: 'Build', metadata: { namespace: 'ns', name: 'b' }, spec });
  const from = (kind: string, name: string, namespace?: string) => ({ from: { kind, name, namespace } });

  it.each([
    ['ImageStreamTag', 'base:v1', { tags: [{ stream: 'ns/base', tag: 'v1' }] }],
    ['ImageStreamImage', `base@${D}`, { digests: [D] }],
    ['DockerImage', `quay.io/org/base@${D}`, { digests: [D] }],
    ['ImageStreamTag', 'base', { invalid: ['invalid ImageStreamTag reference "base"'] }],
    ['ImageStreamImage', 'base@x', { invalid: ['invalid ImageStreamImage reference "base@x"'] }],
  ])('%s %s', (kind, name, expected) => {
    const uses = build({ strategy: { type: 'Docker', dockerStrategy: from(kind, name) } });
    expect(uses).toEqual({ digests: [], tags: [], invalid: [], ...expected });
  });

  it('are also sources and triggers', () => {
    const uses = build({
      strategy: { type: 'Source', sourceStrategy: from('ImageStreamTag', 'php:8', 'openshift') },
      source: { images: [from('ImageStreamTag', 'tools:v1')] },
      triggers: [{ imageChange: { lastTriggeredImageID: `${HOST}/ns/base@${D}` } }, { type: 'ConfigChange' }],
    });
    expect(uses).toEqual({
      digests: [D],
      tags: [
        { stream: 'openshift/php', tag: '8' },
        { stream: 'ns/tools', tag: 'v1' },
      ],
      invalid: [],
    });
  });
});
