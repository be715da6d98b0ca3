import cluster, { type Worker } from 'node:cluster';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryConfig } from '../config/index.js';
import type { Logger, Metrics, RequestLimiter } from '../observe/index.js';
import { serveLimits } from '../observe/shared-limits.js';
import { BUILD } from './build.js';
import { limitsChannel } from './limits-channel.js';
import type { ToPrimary, ToWorker } from './messages.js';
import type { Running } from './run.js';

/** glibc would keep a heap for each of a worker's threads. */
const WORKER_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' };
const RESTART_DELAY_MS = 1000;
const METRICS_WAIT_MS = 2000;

export interface PrimaryOptions {
  secret: Buffer;
  log: Logger;
  limiter: RequestLimiter;
  workers: number;
}

/**
 * Serves a registry by several processes on one port. The primary holds the port and hands out connections in turn; what
 * the workers must agree on goes through storage (content, uploads), or through the primary: request limits, metrics.
 * A worker that dies is replaced.
 */
export async function runWorkers(config: RegistryConfig, options: PrimaryOptions): Promise<Running> {
  cluster.setupPrimary({
    exec: createRequire(import.meta.url).resolve('@longshore/registry/worker'),
    args: [],
  });
  const pool = new WorkerPool(config, options);
  const starts = Array.from({ length: options.workers }, (_, index) => pool.start(index === 0));
  const addresses = await Promise.all(starts).catch(async (error: unknown) => {
    await pool.stop();
    throw error;
  });
  return { address: addresses[0] ?? '', stop: () => pool.stop() };
}

class WorkerPool {
  private readonly workers = new Set<Worker>();
  private readonly gatherings = new Map<number, (part: unknown) => void>();
  private stopping = false;
  private readonly stopFailures: string[] = [];
  private gathered = 0;
  private ownMetrics: Promise<Metrics> | undefined;

  constructor(
    private readonly config: RegistryConfig,
    private readonly options: PrimaryOptions,
  ) {}

  /** Resolves with the address when the worker listens. Errors: what kept it from listening. */
  start(first: boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const worker = cluster.fork(WORKER_ENVIRONMENT);
      this.workers.add(worker);
      serveLimits(this.options.limiter, limitsChannel(worker));
      let listening = false;
      worker.on('message', (message: ToPrimary) => {
        if (message.type === 'ready') {
          this.tellToStart(worker, first);
        } else if (message.type === 'listening') {
          listening = true;
          resolve(message.address);
        } else if (message.type === 'failed') {
          reject(new Error(message.message));
          worker.process.kill('SIGKILL');
        } else this.onMessage(worker, message);
      });
      worker.on('error', (error) => {
        // A worker that died before it could be written to: its exit tells.
        if (worker.process.pid !== undefined) return;
        this.workers.delete(worker);
        reject(error);
      });
      worker.once('exit', (code, signal) => {
        this.workers.delete(worker);
        if (listening) void this.replace(first, code, signal);
        else reject(new Error(`a worker ended before it listened (${signal ?? code})`));
      });
    });
  }

  /** A worker that gets ready when all are to end has missed the message to stop. */
  private tellToStart(worker: Worker, first: boolean): void {
    if (this.stopping) worker.process.kill('SIGKILL');
    else
      this.tell(worker, { type: 'start', config: this.config, secret: this.options.secret.toString('base64'), first });
  }

  /** Errors: what went wrong at the end of a worker; all of them have ended then. */
  async stop(): Promise<void> {
    this.stopping = true;
    const ended = [...this.workers].map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of this.workers) this.tell(worker, { type: 'stop' });
    await Promise.all(ended);
    if (this.stopFailures.length > 0) throw new Error(`a worker did not end well: ${this.stopFailures.join('; ')}`);
  }

  private async replace(first: boolean, code: number, signal: string): Promise<void> {
    if (this.stopping) return;
    this.options.log.error({ code, signal }, 'a worker died, starting another');
    await sleep(RESTART_DELAY_MS);
    while (!this.stopping) {
      try {
        await this.start(first);
        return;
      } catch (error) {
        if (this.stopping) return;
        this.options.log.error({ error }, 'a new worker could not start');
        await sleep(RESTART_DELAY_MS);
      }
    }
  }

  private onMessage(worker: Worker, message: ToPrimary): void {
    if (message.type === 'render-metrics') void this.renderMetrics(worker, message.id);
    else if (message.type === 'stop-failed') this.stopFailures.push(message.message);
    else if (message.type === 'metrics') this.gatherings.get(message.id)?.(message.part);
  }

  /** Asks all workers for their metrics; who does not answer in time is left out. */
  private async renderMetrics(worker: Worker, id: number): Promise<void> {
    const parts = await Promise.all([...this.workers].map((each) => this.gather(each)));
    const metrics = await this.metrics();
    const text = await metrics.renderAggregate(parts.filter((part) => part !== undefined));
    this.tell(worker, { type: 'rendered-metrics', id, text });
  }

  /** The primary's own, to make one page of all workers' metrics; loaded when somebody asks for it. */
  private metrics(): Promise<Metrics> {
    this.ownMetrics ??= import('../observe/metrics.js').then(({ createMetrics }) => createMetrics({ build: BUILD }));
    return this.ownMetrics;
  }

  private gather(worker: Worker): Promise<unknown> {
    const id = ++this.gathered;
    return new Promise((resolve) => {
      const settle = (part: unknown) => {
        clearTimeout(timer);
        this.gatherings.delete(id);
        resolve(part);
      };
      const timer = setTimeout(() => settle(undefined), METRICS_WAIT_MS);
      this.gatherings.set(id, settle);
      this.tell(worker, { type: 'collect-metrics', id });
    });
  }

  private tell(worker: Worker, message: ToWorker): void {
    if (worker.isConnected()) worker.send(message);
  }
}
