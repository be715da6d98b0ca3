import type { ResourceDefinition } from '@longshore/apiserver';
import type { Clock, ImageStream, KubeObject } from '@longshore/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  digestOf,
  eventually,
  imageStream,
  LOCAL_HOST,
  startWorkloadServer,
  type WorkloadServer,
} from '../testing/workload-server.js';
import { runTriggerController } from './trigger-controller.js';

const STREAMS = 'imagestreams.image.openshift.io';
const DEPLOYMENTS = 'deployments.apps';
const TEMPLATE = 'spec.template.spec';

/** Answers yes to those whose user is in `readers`. */
function accessReviews(readers: Set<string>): ResourceDefinition {
  return {
    group: 'authorization.k8s.io',
    version: 'v1',
    plural: 'subjectaccessreviews',
    singular: 'subjectaccessreview',
    kind: 'SubjectAccessReview',
    scope: 'Cluster',
    schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    backend: {
      type: 'virtual',
      review: true,
      create: (review) => {
        const { user, resourceAttributes } = review['spec'] as {
          user: string;
          resourceAttributes: Record<string, string>;
        };
        const { verb, resource, subresource, namespace, name } = resourceAttributes;
        const asked = `${user} ${verb} ${resource}/${subresource} ${namespace}/${name}`;
        return Promise.resolve({ ...review, status: { allowed: readers.has(asked) } });
      },
    },
  };
}

function triggered(kind: string, name: string, from: object, prefix = TEMPLATE): KubeObject {
  const triggers = [{ from, fieldPath: `${prefix}.containers[?(@.name=="web")].image` }];
  const spec = { containers: [{ name: 'web', image: ' ' }] };
  const wrapped = prefix
    .split('.')
    .slice(1, -1)
    .reduceRight<object>((inner, field) => ({ [field]: inner }), { spec });
  return {
    apiVersion: kind === 'CronJob' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop', annotations: { 'image.openshift.io/triggers': JSON.stringify(triggers) } },
    spec: wrapped,
  };
}

let cluster: WorkloadServer;
let readers: Set<string>;
let abort: AbortController;
let running: Promise<void>;
let errors: unknown[];
/** Waits until the test says that the time has passed. */
let clock: HandClock;

class HandClock implements Clock {
  #waiting: { milliseconds: number; end: () => void }[] = [];
  now = () => Date.now();
  monotonic = () => performance.now();

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((end, reject) => {
      this.#waiting.push({ milliseconds, end });
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }

  /** Ends the sleeps of this length, when there are any. */
  async pass(milliseconds: number): Promise<void> {
    const isDue = (sleep: { milliseconds: number }) => sleep.milliseconds === milliseconds;
    const waiting = await eventually(
      () => Promise.resolve(this.#waiting),
      (all) => all.some(isDue),
    );
    for (const { end } of waiting.filter(isDue)) end();
  }
}

beforeEach(async () => {
  readers = new Set();
  errors = [];
  abort = new AbortController();
  cluster = await startWorkloadServer({ others: [accessReviews(readers)] });
  const { client } = cluster;
  clock = new HandClock();
  running = runTriggerController({ client, onError: (error) => void errors.push(error), clock }, abort.signal);
});

afterEach(async () => {
  abort.abort();
  await running;
  await cluster.close();
});

const tag = { kind: 'ImageStreamTag', name: 'app:v1' };
const create = (resource: string, object: KubeObject) => cluster.api.objects.create(resource, object);
const imageOf = async (resource: string, name: string) =>
  /"image":"([^"]*)"/.exec(JSON.stringify((await cluster.api.objects.get(resource, 'shop', name))?.['spec']))?.[1];
const untilImage = (resource: string, name: string, image: string) =>
  eventually(
    () => imageOf(resource, name),
    (found) => found === image,
  );
const untilEvent = (text: string) =>
  eventually(
    async () => (await cluster.api.objects.list('events', 'shop')).items,
    (events) => events.some((event) => String(event['message']).includes(text)),
  );

/** Points the tag at another image. */
async function push(character: string, namespace = 'shop'): Promise<void> {
  const stream = await cluster.api.objects.get<ImageStream>(STREAMS, namespace, 'app');
  const { status } = imageStream(namespace, 'app', { v1: character });
  await cluster.api.objects.update(STREAMS, { ...(stream as ImageStream), status });
}

describe('the trigger controller', () => {
  it('sets the image of a Deployment and a CronJob, then follows the tag', async () => {
    await create(STREAMS, imageStream('shop', 'app', { v1: 'a' }));
    await create(DEPLOYMENTS, triggered('Deployment', 'web', tag));
    await create('cronjobs.batch', triggered('CronJob', 'report', tag, `spec.jobTemplate.${TEMPLATE}`));
    for (const character of ['a', 'b']) {
      await push(character);
      const image = `quay.io/shop/app@${digestOf(character)}`;
      await untilImage(DEPLOYMENTS, 'web', image);
      await untilImage('cronjobs.batch', 'report', image);
    }
  });

  it('uses the local repository where the tag says so, and waits for the tag', async () => {
    await create(DEPLOYMENTS, triggered('Deployment', 'web', tag));
    await create(STREAMS, imageStream('shop', 'app', { v1: 'a' }, { local: true }));
    await untilImage(DEPLOYMENTS, 'web', `${LOCAL_HOST}/shop/app@${digestOf('a')}`);
  });

  it('writes nothing when the image is the right one already', async () => {
    await create(STREAMS, imageStream('shop', 'app', { v1: 'a' }));
    await create(DEPLOYMENTS, triggered('Deployment', 'web', tag));
    const image = `quay.io/shop/app@${digestOf('a')}`;
    await untilImage(DEPLOYMENTS, 'web', image);
    const version = (await cluster.api.objects.get(DEPLOYMENTS, 'shop', 'web'))?.metadata.resourceVersion;
    await push('a');
    // Another object, put behind, shows that the controller has been there.
    await create(DEPLOYMENTS, triggered('Deployment', 'later', tag));
    await untilImage(DEPLOYMENTS, 'later', image);
    expect((await cluster.api.objects.get(DEPLOYMENTS, 'shop', 'web'))?.metadata.resourceVersion).toBe(version);
  });

  it('takes images of another namespace only when the pods could pull them', async () => {
    await create(STREAMS, imageStream('opt', 'app', { v1: 'a' }));
    await create(DEPLOYMENTS, triggered('Deployment', 'web', { ...tag, namespace: 'opt' }));
    const events = await untilEvent('the service account "default" may not get imagestreams/layers of "app"');
    expect(events).toMatchObject([
      { type: 'Warning', reason: 'ImageTriggerFailed', involvedObject: { kind: 'Deployment', name: 'web' } },
    ]);
    expect(await imageOf(DEPLOYMENTS, 'web')).toBe(' ');
    readers.add('system:serviceaccount:shop:default get imagestreams/layers opt/app');
    await clock.pass(60_000);
    await untilImage(DEPLOYMENTS, 'web', `quay.io/opt/app@${digestOf('a')}`);
    await push('b', 'opt');
    await untilImage(DEPLOYMENTS, 'web', `quay.io/opt/app@${digestOf('b')}`);
  });

  it('tells of a malformed annotation by one event, and goes on with others', async () => {
    const broken = triggered('Deployment', 'broken', tag);
    broken.metadata.annotations = { 'image.openshift.io/triggers': '[{' };
    await create(STREAMS, imageStream('shop', 'app', { v1: 'a' }));
    await create(DEPLOYMENTS, broken);
    await untilEvent('is not a JSON list of triggers');
    const known = (await cluster.api.objects.get(DEPLOYMENTS, 'shop', 'broken')) as KubeObject;
    known.metadata.labels = { a: 'b' };
    await cluster.api.objects.update(DEPLOYMENTS, known);
    await create(DEPLOYMENTS, triggered('Deployment', 'web', tag));
    await untilImage(DEPLOYMENTS, 'web', `quay.io/shop/app@${digestOf('a')}`);
    expect((await cluster.api.objects.list('events')).items).toMatchObject([{ count: 1 }]);
    expect(errors).toEqual([]);
  });
});
