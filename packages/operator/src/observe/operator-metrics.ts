import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Decision } from '../decide/decide.js';
import type { TagCounts } from './tag-counts.js';

const INSTALL_STATUS = { missing: 0, suspended: 1, enabled: 2 } as const;

/** Metrics of the operator (operator.md 6.3), and the conditions of the Config. */
export class OperatorMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  readonly #reconfigured = new Counter({
    name: 'image_registry_operator_storage_reconfigured_total',
    help: 'How often the registry got another storage than it had',
    registers: this.#registers,
  });
  readonly #pruner = new Gauge({
    name: 'image_registry_operator_image_pruner_install_status',
    help: 'The CronJob that prunes images: 0 there is none, 1 it is suspended, 2 it is enabled',
    registers: this.#registers,
  });
  readonly #storage = new Gauge({
    name: 'image_registry_storage_type',
    help: 'Always 1; the label tells the kind of storage',
    labelNames: ['storage'],
    registers: this.#registers,
  });
  readonly #tags = new Gauge({
    name: 'image_registry_image_stream_tags_total',
    help: 'Tags of image streams, counted each hour',
    labelNames: ['source', 'location'],
    registers: this.#registers,
  });
  readonly #conditions = new Gauge({
    name: 'image_registry_operator_condition',
    help: 'Conditions of configs.imageregistry.operator.openshift.io/cluster: 1 True, 0 False, -1 Unknown',
    labelNames: ['condition', 'reason'],
    registers: this.#registers,
  });
  #unit: string | undefined;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Hears of each decision. */
  observe({ facts, conditions }: Pick<Decision, 'facts' | 'conditions'>): void {
    const { storage, pruner } = facts;
    if (storage !== undefined && this.#unit !== undefined && storage.unit !== this.#unit) this.#reconfigured.inc();
    this.#unit = storage?.unit;
    this.#storage.reset();
    if (storage !== undefined) this.#storage.set({ storage: storage.kind }, 1);
    this.#pruner.set(INSTALL_STATUS[pruner]);
    this.#conditions.reset();
    for (const { type, status, reason } of conditions) {
      const value = status === 'True' ? 1 : status === 'False' ? 0 : -1;
      this.#conditions.set({ condition: type, reason }, value);
    }
  }

  /** Hears how many tags there are. */
  observeTags(counts: readonly TagCounts[]): void {
    this.#tags.reset();
    for (const { source, location, count } of counts) this.#tags.set({ source, location }, count);
  }

  /** Another operator works now, and tells the rest. */
  forget(): void {
    for (const gauge of [this.#storage, this.#pruner, this.#tags, this.#conditions]) gauge.reset();
    this.#unit = undefined;
  }

  /** In Prometheus' text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
