import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  ApiError,
  findConnection,
  HttpTransport,
  KubeClient,
  type KubeObject,
  type ResourceType,
} from '@longshore/kube';
import { startCluster, type RunningCluster } from '@longshore/testkit';
import { Random, seed } from './random.js';

const KILLS = 5;
const WRITERS = 200;
const WATCHERS = 3;
const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', resource: 'configmaps' };
const namespace = 'default';

interface Counter extends KubeObject {
  data: { count: string };
}

const versionOf = ({ metadata }: KubeObject) => Number(metadata.resourceVersion);

let cluster: RunningCluster;
let transport: HttpTransport;
let client: KubeClient;
beforeAll(async () => {
  cluster = await startCluster();
  const connection = await findConnection({ kubeconfig: cluster.kubeconfig });
  transport = new HttpTransport(connection, { connections: WRITERS });
  client = new KubeClient(transport);
});
afterAll(async () => {
  await transport?.close();
  await cluster?.stop();
});

/** What a writer knows of its object: how far it has counted, or that it is deleted. */
type State = number | 'absent';

/** Counts in an object of its own, and deletes it now and then. */
class Writer {
  /** Resource version to count, of all that was acknowledged. */
  readonly acknowledged = new Map<number, number>();
  readonly wrong: string[] = [];
  private object: Counter | undefined;
  private count = 0;
  private known: State = 'absent';
  private attempted: State = 'absent';

  constructor(readonly name: string) {}

  async run(isOver: () => boolean): Promise<void> {
    try {
      while (!isOver()) await this.write();
    } catch (error) {
      // The server is gone; whether the last attempt was stored is seen later.
      if (error instanceof ApiError) this.wrong.push(`${this.name}: ${error.message}`);
    }
  }

  /** Whether the object is as it was acknowledged, or as it was attempted last. */
  async verify(): Promise<void> {
    const object = await client.find<Counter>(CONFIG_MAPS, this.name, { namespace });
    const state: State = object === undefined ? 'absent' : Number(object.data.count);
    if (state !== this.known && state !== this.attempted) {
      this.wrong.push(`${this.name} is ${state}, neither ${this.known} nor ${this.attempted}`);
    }
    this.object = object;
    this.known = state;
    this.attempted = state;
  }

  private async write(): Promise<void> {
    if (this.object !== undefined && this.count % 10 === 9) {
      this.count++;
      this.attempted = 'absent';
      await client.delete(CONFIG_MAPS, this.name, { namespace });
      this.object = undefined;
      this.known = 'absent';
      return;
    }
    const count = ++this.count;
    this.attempted = count;
    const data = { count: String(count) };
    const metadata = { name: this.name, namespace };
    const written = await (this.object === undefined
      ? client.create<Counter>(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
      : client.update<Counter>(CONFIG_MAPS, { ...this.object, data }));
    this.object = written;
    this.known = count;
    this.acknowledged.set(versionOf(written), count);
  }
}

interface Seen {
  version: number;
  type: string;
  name: string;
  count: number;
}

/** Follows all objects from one resource version on, however often the server goes away. */
class Watcher {
  readonly seen: Seen[] = [];
  readonly wrong: string[] = [];

  constructor(private position: number) {}

  /** Resolves when it has seen the object with this name. */
  async run(last: string): Promise<void> {
    while (this.seen.at(-1)?.name !== last) {
      try {
        await this.watch(last);
      } catch (error) {
        if (error instanceof ApiError) throw error;
        await delay(20);
      }
    }
  }

  private async watch(last: string): Promise<void> {
    const options = { namespace, resourceVersion: String(this.position), allowWatchBookmarks: true };
    for await (const { type, object } of client.watch<Counter>(CONFIG_MAPS, options)) {
      const version = versionOf(object);
      if (type === 'BOOKMARK') {
        this.position = version;
        continue;
      }
      if (version <= this.position) this.wrong.push(`${version} came behind ${this.position}`);
      this.position = version;
      this.seen.push({ version, type, name: object.metadata.name ?? '', count: Number(object.data.count) });
      if (object.metadata.name === last) return;
    }
  }
}

async function killUnderLoad(writers: Writer[], random: Random): Promise<void> {
  let over = false;
  const writing = Promise.all(writers.map((writer) => writer.run(() => over)));
  await delay(random.between(200, 1500));
  await cluster.kill9();
  over = true;
  await writing;
}

it(`${KILLS} kills under ${WRITERS} writers lose nothing acknowledged, and watches go on without gap or duplicate`, async () => {
  const random = new Random('apiserver');
  const start = await client.list(CONFIG_MAPS, { namespace });
  const first = Number(start.metadata.resourceVersion);
  const writers = Array.from({ length: WRITERS }, (_, at) => new Writer(`counter-${at}`));
  const watchers = Array.from({ length: WATCHERS }, () => new Watcher(first));
  const watching = watchers.map((watcher) => watcher.run('last'));
  for (let kill = 0; kill < KILLS; kill++) {
    await killUnderLoad(writers, random);
    await cluster.restart();
    const { metadata } = await client.list(CONFIG_MAPS, { namespace, limit: 1 });
    const newest = Math.max(0, ...writers.flatMap(({ acknowledged }) => [...acknowledged.keys()]));
    expect(Number(metadata.resourceVersion), `seed ${seed}`).toBeGreaterThanOrEqual(newest);
    await Promise.all(writers.map((writer) => writer.verify()));
    expect(writers.flatMap(({ wrong }) => wrong)).toEqual([]);
  }
  const metadata = { name: 'last', namespace };
  await client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { count: '0' } });
  await Promise.all(watching);

  const { items } = await client.listAll<Counter>(CONFIG_MAPS, { namespace });
  const final = new Map(items.map((item) => [item.metadata.name ?? '', versionOf(item)]));
  for (const { seen, wrong } of watchers) {
    expect(wrong).toEqual([]);
    const byVersion = new Map(seen.map(({ version, ...rest }) => [version, rest]));
    for (const { name, acknowledged } of writers) {
      for (const [version, count] of acknowledged) expect(byVersion.get(version)).toMatchObject({ name, count });
    }
    const replayed = new Map(start.items.map((item) => [item.metadata.name ?? '', versionOf(item)]));
    for (const { type, name, version } of seen) {
      if (type === 'DELETED') replayed.delete(name);
      else replayed.set(name, version);
    }
    expect(replayed).toEqual(final);
  }
  const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledged.size, 0);
  expect(acknowledged).toBeGreaterThan(WRITERS);
}, 240_000);
