/** For tests: the built-in kinds behind a real API server on a store of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer, openLmdbStore, type ApiServer, type ResourceDefinition } from '@longshore/apiserver';
import { ApiError, type KubeObject } from '@longshore/kube';
import { builtinKinds, type KindHooks } from '../index.js';

type Given = Record<string, unknown> & { kind: string; apiVersion?: string; metadata?: KubeObject['metadata'] };

export class KindServer {
  #names = 0;

  private constructor(
    readonly server: ApiServer,
    private readonly close: () => Promise<void>,
  ) {}

  /** `further`: definitions beside the built-in kinds. */
  static async start(hooks: KindHooks = {}, further: readonly ResourceDefinition[] = []): Promise<KindServer> {
    const path = await mkdtemp(join(tmpdir(), 'longshore-kinds-'));
    const store = await openLmdbStore({ path, maxBytes: 2 ** 26 });
    const server = await createApiServer({
      store,
      definitions: [...builtinKinds(hooks), ...further],
      authenticator: { authenticate: () => Promise.resolve(undefined) },
      authorizer: { authorize: () => Promise.resolve({ allowed: true }) },
      version: { major: '1', minor: '32', gitVersion: 'v1.32.0' },
      now: () => new Date('2026-01-02T03:04:05Z'),
    });
    return new KindServer(server, async () => {
      await server.drain();
      await store.close();
      await rm(path, { recursive: true });
    });
  }

  stop(): Promise<void> {
    return this.close();
  }

  /** Creates an object; what every object needs is added. */
  create<T extends KubeObject>(object: Given): Promise<T> {
    return this.server.objects.create<T>(this.resourceOf(object), this.complete(object) as T);
  }

  update<T extends KubeObject>(object: KubeObject): Promise<T> {
    return this.server.objects.update<T>(this.resourceOf(object), object as T);
  }

  updateStatus<T extends KubeObject>(object: KubeObject): Promise<T> {
    return this.server.objects.updateStatus<T>(this.resourceOf(object), object as T);
  }

  /** The problems for which an object is not created: `field: message`. */
  problems(object: Given): Promise<string[]> {
    return problemsOf(this.create(object));
  }

  /** The problems for which a change of a new object is refused. */
  async changeProblems<T>(object: Given, change: (object: T) => void): Promise<string[]> {
    const created = await this.create(object);
    change(created as T);
    return problemsOf(this.update(created));
  }

  private definitionOf({ kind, apiVersion }: { kind: string; apiVersion?: string }) {
    const group = apiVersion === undefined ? undefined : apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
    const found = [...this.server.resources.all()].find(
      ({ definition }) => definition.kind === kind && (group === undefined || definition.group === group),
    );
    if (found === undefined) throw new Error(`no kind ${kind}`);
    return found.definition;
  }

  private resourceOf(object: { kind: string; apiVersion?: string }): string {
    const { group, plural } = this.definitionOf(object);
    return group === '' ? plural : `${plural}.${group}`;
  }

  private complete(object: Given): KubeObject {
    const { group, version, scope } = this.definitionOf(object);
    const metadata = { name: `n${++this.#names}`, ...(scope === 'Namespaced' && { namespace: 'default' }) };
    return {
      ...object,
      apiVersion: group === '' ? version : `${group}/${version}`,
      metadata: { ...metadata, ...object.metadata },
    };
  }
}

async function problemsOf(write: Promise<unknown>): Promise<string[]> {
  try {
    await write;
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { causes } = error.details;
    return causes?.map(({ field = '', message = '' }) => `${field}: ${message}`) ?? [error.message];
  }
}
