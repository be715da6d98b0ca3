import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import {
  SERVER_USER,
  type ApiServer,
  type Controller,
  type ObjectAccess,
  type Subresource,
} from '@longshore/apiserver';
import { KubeClient } from '@longshore/kube';
import { ensure, nodeName } from '../bootstrap/index.js';
import { eventExpiryController } from '../controllers/index.js';
import type { HostsFile } from '../hosts-file.js';
import type { TokenIssuer } from '../identity/service-accounts/token-issuer.js';
import { EventRecorder } from './agent/event-recorder.js';
import { PodAgent } from './agent/pod-agent.js';
import type { PodServices } from './agent/pod-services.js';
import { schedulerController } from './agent/scheduler.js';
import { logSubresource } from './logs/log-subresource.js';
import { claimController } from './claims/claim-controller.js';
import { claimFolder } from './claims/claim-folder.js';
import { localStorageClass } from './claims/claim-objects.js';
import { findIsolation } from './process/isolation.js';
import { quoteWord } from './process/launch-script.js';
import { ProcessRecords } from './process/process-records.js';
import { Router, type RouterAddresses, type RouterOptions } from './routes/index.js';
import { endpointsController } from './services/endpoints-controller.js';
import { LoopbackNetwork } from './services/loopback-network.js';
import { ServiceProxy } from './services/service-proxy.js';
import { workloadControllers } from './workloads/index.js';
import { PodTokens } from './volumes/service-account-token.js';

export interface LocalRuntimeOptions {
  dataDir: string;
  /** Of the API server; may be bound later. */
  objects: ObjectAccess;
  issuer: Pick<TokenIssuer, 'bound' | 'audiences'>;
  /** The words that start `longshore`: Node and its file. */
  program: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Serves the hosts of routes; undefined: nobody does. */
  router?: RouterOptions;
  /** Pods may change this machine: folders that they ask for are made where they belong. */
  changesHost: boolean;
  onError: (error: unknown) => void;
}

const PODS = { group: '', version: 'v1', resource: 'pods' };

/**
 * Runs the pods of an embedded cluster whose image is Longshore's own, as processes of this machine (design, "Two ways to
 * run, one code path").
 */
export class LocalRuntime {
  private readonly folder: string;
  private agent: PodAgent | undefined;
  private network: LoopbackNetwork | undefined;
  private proxy: ServiceProxy | undefined;
  private router: Router | undefined;
  private client: KubeClient | undefined;

  constructor(private readonly options: LocalRuntimeOptions) {
    this.folder = join(options.dataDir, 'runtime');
  }

  /** Subresources of pods that the runtime answers. */
  get podSubresources(): Record<string, Subresource> {
    const { objects } = this.options;
    const runningLog: PodAgent['runningLog'] = (pod, container) => this.agent?.runningLog(pod, container);
    return { log: logSubresource({ objects, folder: this.podFolder, runningLog }) };
  }

  /** Where the hosts of routes are served; undefined before the start, and without a router. */
  get routerAddresses(): RouterAddresses | undefined {
    return this.router?.addresses;
  }

  /**
   * Ends what an earlier process left, and gives what runs the pods. `apiUrl`: as the pods reach it. `hostsFile` gets the names
   * of services and the hosts of routes. Errors: ClusterError when the router cannot listen where it was told to.
   */
  async start(api: ApiServer, apiUrl: string, hostsFile?: HostsFile): Promise<Controller[]> {
    const { objects, env, onError, issuer, program } = this.options;
    const router = (this.router =
      this.options.router && (await Router.start(this.options.router, { hostsFile, onError })));
    const network = (this.network = await LoopbackNetwork.open(join(this.folder, 'network')));
    const client = (this.client = new KubeClient(api.transport(SERVER_USER)));
    const name = nodeName();
    const { hostname, port } = new URL(apiUrl);
    const recorder = (component: string) => new EventRecorder(objects, component, '', onError);
    const proxy = (this.proxy = new ServiceProxy({
      addressOf: (clusterIp) => network.serviceAddress(clusterIp),
      events: recorder('service-proxy'),
      changed: async () => {
        await agent.writeHosts();
        await hostsFile?.set('services', proxy.names()).catch(onError);
      },
    }));
    const ownProgram = await writeProgram(join(this.folder, 'bin'), program);
    const services: PodServices = {
      objects,
      removePod: async (namespace, pod, uid) => {
        await client.delete(PODS, pod, { namespace, gracePeriodSeconds: 0, preconditions: { uid } });
      },
      events: new EventRecorder(objects, 'kubelet', name, onError),
      volumes: {
        objects,
        tokens: new PodTokens({ objects, issuer, now: Date.now }),
        capacity: { cpu: String(availableParallelism()), memory: `${Math.floor(totalmem() / 1024)}Ki` },
        claimFolder: (namespace, claim) => claimFolder(objects, namespace, claim),
        hostRoot: join(this.folder, 'host'),
        changesHost: this.options.changesHost,
      },
      records: new ProcessRecords(join(this.folder, 'processes')),
      isolation: await findIsolation(env),
      folder: this.podFolder,
      program: ownProgram,
      programFiles: [ownProgram, ...program],
      nodeName: name,
      hostIp: '127.0.0.1',
      takeAddress: (wanted) => network.takePodAddress(wanted),
      releaseAddress: (address) => network.releasePodAddress(address),
      api: { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port || '443' },
      hosts: () => proxy.hosts(),
      onError,
    };
    const agent = (this.agent = new PodAgent(services));
    await agent.recover();
    await ensure(objects, { resource: 'storageclasses.storage.k8s.io', object: localStorageClass });
    return [
      schedulerController({ nodeName: name, events: recorder('default-scheduler') }),
      ...workloadControllers({ nodeName: name, now: Date.now, recorder }),
      ...agent.controllers,
      endpointsController(),
      claimController({ folder: join(this.folder, 'claims'), events: recorder('persistentvolume-controller') }),
      proxy.controller,
      eventExpiryController(Date.now),
      ...(router === undefined ? [] : [router.controller]),
    ];
  }

  /** Ends all containers; their pods go on at the next start. The controllers must have ended. */
  async stop(): Promise<void> {
    await this.router?.close();
    await this.agent?.stop();
    await this.proxy?.close();
    await this.network?.close();
    await this.client?.close();
  }

  private get podFolder(): string {
    return join(this.folder, 'pods');
  }
}

/**
 * The program that containers find under the name `longshore`: this one, told to listen on the address of its pod. It is a
 * script, so that shells in containers find it, too.
 */
async function writeProgram(folder: string, [node = '', ...main]: readonly string[]): Promise<string> {
  const preload = new URL('./process/preload.js', import.meta.url).href;
  const words = [node, '--import', preload, ...main].map(quoteWord).join(' ');
  const path = join(folder, 'longshore');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeFile(path, `#!/bin/sh\nexec ${words} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}
