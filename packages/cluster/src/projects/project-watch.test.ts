import type { ObjectAccess, UserInfo, VirtualBackend, VirtualRequest, WatchEvent } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KindServer } from '../kinds/testing/kind-server.js';
import { RBAC_API_VERSION, RBAC_GROUP, RbacAuthorizer, rbacDefinitions, RbacIndex } from '../rbac/index.js';
import { projectDefinitions } from './definitions.js';

const index = new RbacIndex();
const authorizer = new RbacAuthorizer(index);
const BINDINGS = `rolebindings.${RBAC_GROUP}`;
const CLUSTER_BINDINGS = `clusterrolebindings.${RBAC_GROUP}`;

let kinds: KindServer;
let backend: VirtualBackend;
beforeAll(async () => {
  kinds = await KindServer.start({}, rbacDefinitions({ index, authorizer }));
  kinds.server.start();
  await kinds.create({ kind: 'ClusterRole', metadata: { name: 'viewer' }, rules: [mayGet] });
});
afterAll(() => kinds.stop());

const WAIT = { timeout: 20_000 };

const left: (() => void)[] = [];
afterEach(() => left.splice(0).forEach((leave) => leave()));

const newBackend = () => projectDefinitions(authorizer)[0]?.backend as VirtualBackend;
let alice: UserInfo;
let users = 0;
beforeEach(() => {
  alice = { username: `alice-${users++}`, groups: [`bakers-${users}`] };
  backend = newBackend();
});

const mayGet = { verbs: ['get'], apiGroups: [''], resources: ['namespaces'] };
const makeNamespace = async () => {
  const { metadata } = await kinds.create({ kind: 'Namespace', metadata: {} });
  return metadata.name ?? '';
};
const binding = (kind: string, role: string) => ({
  kind,
  apiVersion: RBAC_API_VERSION,
  roleRef: { apiGroup: RBAC_GROUP, kind: role === 'viewer' ? 'ClusterRole' : 'Role', name: role },
});
const user = () => ({ apiGroup: RBAC_GROUP, kind: 'User', name: alice.username });
const group = () => ({ apiGroup: RBAC_GROUP, kind: 'Group', name: alice.groups[0] });
const give = (namespace: string, subject: object = user(), role = 'viewer') =>
  kinds.create({ ...binding('RoleBinding', role), metadata: { name: 'give', namespace }, subjects: [subject] });
const take = (namespace: string) => kinds.server.objects.delete(BINDINGS, namespace, 'give');
const isGone = (name: string) =>
  vi.waitFor(async () => expect(await kinds.server.objects.get('namespaces', '', name)).toBeUndefined(), WAIT);
const end = async (name: string) => {
  await kinds.server.objects.delete('namespaces', '', name);
  await isGone(name);
};
const touch = (namespace: string) =>
  kinds.server.objects.change('namespaces', '', namespace, '', (object) => {
    const annotations = { touched: String(Number(object.metadata.annotations?.touched ?? 0) + 1) };
    return { ...object, metadata: { ...object.metadata, annotations } };
  });

const request = (objects: ObjectAccess, signal: AbortSignal) =>
  ({ user: alice, objects, signal }) as unknown as VirtualRequest;
const list = async () => {
  const { signal } = new AbortController();
  const { items, resourceVersion = '' } = (await backend.list?.(request(kinds.server.objects, signal))) ?? {
    items: [],
  };
  return { names: items.map(({ metadata }) => metadata.name ?? ''), resourceVersion };
};

const DOINGS = ['make', 'end', 'touch', 'give', 'take', 'join', 'come back', 'rest'] as const;
const step = fc.record({ doing: fc.constantFrom(...DOINGS), at: fc.nat(2) });

/** A client that watches, and what it has been told of. */
class Client {
  /** The last that it was told. */
  version: string;
  /** Whether it has been told what came between its list and its watch. */
  hasCaughtUp = false;
  readonly #ending = new AbortController();
  readonly #events: AsyncIterator<WatchEvent>;

  constructor(from: string, objects: ObjectAccess = kinds.server.objects) {
    this.version = from;
    const events = backend.watch?.(from, request(objects, this.#ending.signal), 60_000);
    if (events === undefined) throw new Error('projects cannot be watched');
    this.#events = events[Symbol.asyncIterator]();
    left.push(() => this.leave());
  }

  /** The next that is told of a project: `ADDED NAME`. */
  async next(): Promise<string> {
    for (;;) {
      const { value, done } = (await this.#events.next()) as IteratorResult<WatchEvent, undefined>;
      if (done) throw new Error('the watch has ended');
      const { metadata }: KubeObject = value.object;
      this.version = metadata.resourceVersion ?? '';
      if (value.type !== 'BOOKMARK') return `${value.type} ${metadata.name}`;
      this.hasCaughtUp = true;
    }
  }

  leave(): void {
    this.#ending.abort();
  }
}

describe('a watch of projects', () => {
  it('tells what a binding gives and takes, and nothing twice', async () => {
    const name = await makeNamespace();
    const client = new Client((await list()).resourceVersion);
    await give(name);
    expect(await client.next()).toBe(`ADDED ${name}`);
    await touch(name);
    expect(await client.next()).toBe(`MODIFIED ${name}`);
    await take(name);
    expect(await client.next()).toBe(`DELETED ${name}`);
    await touch(name);
    const later = await makeNamespace();
    await give(later, group());
    expect(await client.next()).toBe(`ADDED ${later}`);
  });

  it('tells of a new namespace once, whichever comes first', async () => {
    const client = new Client((await list()).resourceVersion);
    const names = [];
    for (let turn = 0; turn < 5; turn++) {
      const name = await makeNamespace();
      await give(name);
      names.push(name);
      expect(await client.next()).toBe(`ADDED ${name}`);
    }
    expect((await list()).names).toEqual(expect.arrayContaining(names));
  });

  it('follows roles, and what is given in the whole cluster', async () => {
    const name = await makeNamespace();
    await give(name, user(), 'own');
    const client = new Client((await list()).resourceVersion);
    const role = await kinds.create({ kind: 'Role', metadata: { name: 'own', namespace: name }, rules: [mayGet] });
    expect(await client.next()).toBe(`ADDED ${name}`);
    await kinds.update({ ...role, rules: [] });
    expect(await client.next()).toBe(`DELETED ${name}`);
    const metadata = { name: alice.username };
    await kinds.create({ ...binding('ClusterRoleBinding', 'viewer'), metadata, subjects: [group()] });
    const { names } = await list();
    expect(names).toContain(name);
    for (const each of names) expect(await client.next()).toBe(`ADDED ${each}`);
    await kinds.server.objects.delete(CLUSTER_BINDINGS, '', alice.username);
    for (const each of names) expect(await client.next()).toBe(`DELETED ${each}`);
  });

  it('tells each client of a user what came between its list and its watch', async () => {
    const [gained, lost] = [await makeNamespace(), await makeNamespace()];
    await give(lost);
    const { names, resourceVersion } = await list();
    expect(names).toEqual([lost]);
    await give(gained);
    await take(lost);
    const clients = [new Client(resourceVersion), new Client(resourceVersion)];
    expect((await list()).names).toEqual([gained]);
    clients.push(new Client(resourceVersion));
    for (const client of clients) {
      expect([await client.next(), await client.next()].sort()).toEqual([`ADDED ${gained}`, `DELETED ${lost}`]);
    }
  });

  it('tells of the end of a project, though its bindings go first', async () => {
    const name = await makeNamespace();
    await give(name);
    const { resourceVersion } = await list();
    await end(name);
    expect(await new Client(resourceVersion).next()).toBe(`DELETED ${name}`);
  });

  it('tells who comes without a list what is gone that could be seen', async () => {
    alice = { username: 'admin', groups: ['system:masters'] };
    const name = await makeNamespace();
    const before = new Client((await list()).resourceVersion);
    await end(name);
    let version = '';
    while ((await before.next()) !== `DELETED ${name}`) version = before.version;
    backend = newBackend();
    expect(await new Client(version).next()).toBe(`DELETED ${name}`);
  });

  it('takes no namespace that is new for one that who comes without a list has', async () => {
    alice = { username: 'admin', groups: ['system:masters'] };
    const { resourceVersion } = await kinds.server.objects.list('namespaces');
    const name = await makeNamespace();
    expect(await new Client(resourceVersion).next()).toBe(`ADDED ${name}`);
  });

  it('reads but the namespaces whose bindings change, and all only once for many changes', async () => {
    const names = [await makeNamespace(), await makeNamespace()];
    const reads: string[] = [];
    const shared = Object.create(kinds.server.objects.shared) as ObjectAccess['shared'];
    shared.list = (resource) => (reads.push('all'), kinds.server.objects.shared.list(resource));
    shared.get = (resource, namespace, name) => (
      reads.push(name),
      kinds.server.objects.shared.get(resource, namespace, name)
    );
    const { resourceVersion } = await list();
    const client = new Client(
      resourceVersion,
      new Proxy(kinds.server.objects, {
        get: (objects, of) => (of === 'shared' ? shared : Reflect.get(objects, of)) as unknown,
      }),
    );
    const next = client.next();
    await vi.waitFor(() => expect(reads).toEqual(['all']), WAIT);
    for (const name of names)
      await kinds.create({
        ...binding('RoleBinding', 'viewer'),
        metadata: { name: 'other', namespace: name },
        subjects: [{ ...user(), name: 'bob' }],
      });
    await give(names[0] ?? '');
    await next;
    expect(reads).toEqual(['all', names[0]]);
    reads.length = 0;
    const changes = [1, 2, 3].map((number) => ({
      ...binding('ClusterRoleBinding', 'viewer'),
      metadata: { name: `${alice.username}-${number}` },
      subjects: [user()],
    }));
    for (const each of changes) await kinds.create(each);
    await client.next();
    expect(reads).toEqual(['all']);
  });

  it('tells each client what it has in the end, whatever happens at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
        alice = { username: `alice-${users++}`, groups: [`bakers-${users}`] };
        await new Turmoil(`p${users}`).run(steps);
      }),
      { numRuns: 10 },
    );
  }, 60_000);
});

/** Namespaces and bindings that come and go at the same time, and clients that follow. */
class Turmoil {
  private readonly followers: Follower[] = [];

  constructor(private readonly prefix: string) {}

  async run(steps: readonly { doing: (typeof DOINGS)[number]; at: number }[]): Promise<void> {
    const running: Promise<unknown>[] = [];
    await this.join();
    for (const { doing, at } of steps) {
      if (doing === 'rest') await Promise.all(running);
      // What is there already, or is gone, is refused.
      else running.push(this.take(doing, at).catch(() => undefined));
    }
    await Promise.all(running);
    const { objects } = kinds.server;
    const ending = (await objects.list('namespaces')).items.filter(({ metadata }) => metadata.deletionTimestamp);
    for (const { metadata } of ending) await isGone(metadata.name ?? '');
    const last = `${this.prefix}-last`;
    await kinds.create({ kind: 'Namespace', metadata: { name: last } });
    await give(last);
    const { names } = await list();
    for (const follower of this.followers) {
      await follower.until(last);
      expect([...follower.has].sort()).toEqual(names.sort());
      expect(follower.wrong).toEqual([]);
    }
  }

  private async take(doing: Exclude<(typeof DOINGS)[number], 'rest'>, at: number): Promise<unknown> {
    const name = `${this.prefix}-${at}`;
    switch (doing) {
      case 'make':
        return kinds.create({ kind: 'Namespace', metadata: { name } });
      case 'end':
        return kinds.server.objects.delete('namespaces', '', name);
      case 'touch':
        return touch(name);
      case 'give':
        return give(name);
      case 'take':
        return take(name);
      case 'join':
        return this.join();
      case 'come back':
        this.followers[at]?.comeBack();
    }
  }

  private async join(): Promise<void> {
    const { names, resourceVersion } = await list();
    this.followers.push(new Follower(names, resourceVersion));
  }
}

/** A client that keeps what it is told of, and notes what contradicts that. */
class Follower {
  readonly has: Set<string>;
  readonly wrong: string[] = [];
  private hasComeBack = false;
  private isAway = false;
  private client: Client;
  private readonly following: Promise<void>;

  constructor(names: readonly string[], from: string) {
    this.has = new Set(names);
    this.client = new Client(from);
    this.following = this.follow();
  }

  /** Loses the connection and goes on from where it was. Then it may be told again of what it knows. */
  comeBack(): void {
    this.hasComeBack = true;
    this.isAway = true;
    this.client.leave();
  }

  /** Follows until it has been told of this project. */
  async until(name: string): Promise<void> {
    await vi.waitFor(() => expect([...this.has]).toContain(name), WAIT);
    this.isAway = false;
    this.client.leave();
    await this.following;
  }

  private async follow(): Promise<void> {
    for (;;) {
      const told = await this.client.next().catch(() => undefined);
      if (told !== undefined) this.take(told);
      else if (!this.isAway) return;
      else {
        this.isAway = false;
        this.client = new Client(this.client.version);
      }
    }
  }

  private take(told: string): void {
    const [type, name = ''] = told.split(' ');
    const isExpected = (type === 'ADDED') !== this.has.has(name);
    if (!isExpected && this.client.hasCaughtUp && !this.hasComeBack) this.wrong.push(told);
    if (type === 'DELETED') this.has.delete(name);
    else this.has.add(name);
  }
}
