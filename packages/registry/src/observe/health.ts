import { isNotFound } from '@longshore/storage';
import type { StorageDriver } from '@longshore/storage';
import { errorText } from './error-text.js';
import { redactText } from './redact.js';
import { systemTimers } from './timers.js';
import type { Timers } from './timers.js';

/** `health.storagedriver` (reference registry 6.2). */
export interface HealthSettings {
  /** Milliseconds between checks, and what one check may take. */
  interval: number;
  /** Failures in a row that make the storage unhealthy. */
  threshold: number;
}

export interface HealthOptions {
  /** Whether to write a small file at each check, so that a full or read-only disk is noticed. Default false. */
  probeWrites?: boolean;
  /** Called when the storage becomes unhealthy and when it becomes healthy again. */
  onChange?: (status: HealthStatus) => void;
  timers?: Timers;
}

export interface HealthStatus {
  healthy: boolean;
  /** What went wrong last; only when unhealthy. */
  error?: string;
}

const PROBE = '/docker/registry/v2/longshore/health/probe';
const PROBE_CONTENT = Buffer.from('written by the health check\n');

/** Checks at intervals whether the storage answers. Healthy until enough checks have failed. */
export class StorageHealth {
  readonly #timers: Timers;
  #failures = 0;
  #status: HealthStatus = { healthy: true };
  #underWay: { late: boolean } | undefined;

  constructor(
    private readonly driver: StorageDriver,
    private readonly settings: HealthSettings,
    private readonly options: HealthOptions = {},
  ) {
    this.#timers = options.timers ?? systemTimers;
  }

  /** Checks now and then at intervals, until `signal` aborts. */
  start(signal: AbortSignal): void {
    let cancel = () => {};
    const round = () => {
      cancel = this.#timers.after(this.settings.interval, round);
      this.#check();
    };
    if (signal.aborted) return;
    signal.addEventListener('abort', () => cancel(), { once: true });
    round();
  }

  status(): HealthStatus {
    return this.#status;
  }

  /**
   * A driver that hangs is not asked again before it has answered: each round that it hangs counts as a failure, and
   * what it answers in the end does not count.
   */
  #check(): void {
    if (this.#underWay !== undefined) {
      this.#underWay.late = true;
      this.#failed(`storage did not answer within ${this.settings.interval} ms`);
      return;
    }
    const check = { late: false };
    this.#underWay = check;
    const settle = (record: () => void) => {
      this.#underWay = undefined;
      if (!check.late) record();
    };
    this.#ask().then(
      () => settle(() => this.#passed()),
      (error: unknown) => settle(() => this.#failed(redactText(errorText(error)))),
    );
  }

  /** An empty bucket has no root: a back end that says so answers. */
  async #ask(): Promise<void> {
    try {
      await this.driver.stat('/');
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    if (this.options.probeWrites === true) await this.driver.put(PROBE, PROBE_CONTENT, { durable: false });
  }

  #passed(): void {
    this.#failures = 0;
    if (!this.#status.healthy) this.#become({ healthy: true });
  }

  #failed(error: string): void {
    this.#failures++;
    if (!this.#status.healthy) this.#status = { healthy: false, error };
    else if (this.#failures >= this.settings.threshold) this.#become({ healthy: false, error });
  }

  #become(status: HealthStatus): void {
    this.#status = status;
    this.options.onChange?.(status);
  }
}
