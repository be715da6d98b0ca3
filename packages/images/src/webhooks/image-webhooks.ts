import { publicAddressesOnly, type AddressPolicy } from '@longshore/distribution';
import {
  Informer,
  systemClock,
  type Image,
  type ImageStream,
  type KubeClient,
  type KubeObject,
  type ObjectReader,
} from '@longshore/kube';
import { EventRecorder } from '../events/event-recorder.js';
import { cloudEvent } from './cloud-event.js';
import { Delivery, type DeliveryOutcome, type WebhookDeliveryError } from './delivery.js';
import { parseEndpoint, WebhookConfigError, wants, type Endpoint } from './endpoint.js';
import { streamChanges, type StreamChange } from './stream-changes.js';

export interface ImageWebhooksOptions {
  /** Of a user who may list and watch image streams and that secret, get images, and create and patch events. */
  client: KubeClient;
  /** Tells of streams. Default: `client`. */
  reader?: ObjectReader;
  /** Where receivers may be. Default: public and private addresses, so neither this machine nor its link-local neighbours. */
  addresses?: AddressPolicy;
  /** Hears how each event and attempt went. */
  observe: (endpoint: string, outcome: DeliveryOutcome, error?: WebhookDeliveryError) => void;
  /** Hears of failed reads of the cluster; they are tried again. */
  onError: (error: unknown) => void;
}

/** Each key of its data is the name of an endpoint, each value says where it is, in YAML or JSON. */
const CONFIG = { namespace: 'openshift-image-registry', name: 'image-webhooks' };
const SECRETS = { group: '', version: 'v1', resource: 'secrets' };
const STREAMS = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreams' };
const IMAGES = { group: 'image.openshift.io', version: 'v1', resource: 'images' };
const MAX_ENDPOINTS = 32;
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

interface Secret extends KubeObject {
  data?: Record<string, string>;
}

interface RunningEndpoint {
  text: string;
  endpoint: Endpoint;
  delivery: Delivery;
  end: AbortController;
}

/**
 * Tells the endpoints of the secret `image-webhooks` in `openshift-image-registry` what happens to the tags of image streams:
 * CloudEvents, signed as Standard Webhooks has it, in order for each endpoint. Tells each change at least once while it runs;
 * changes while it does not run are told to nobody. Runs until the signal is aborted.
 */
export async function runImageWebhooks(options: ImageWebhooksOptions, signal: AbortSignal): Promise<void> {
  await new ImageWebhooks(options).run(signal);
}

class ImageWebhooks {
  private readonly endpoints = new Map<string, RunningEndpoint>();
  /** Ends the watch on image streams; undefined while there is none. */
  private following: AbortController | undefined;
  private readonly running = new Set<Promise<void>>();
  private readonly addresses: AddressPolicy;
  private readonly events: EventRecorder;

  constructor(private readonly options: ImageWebhooksOptions) {
    this.addresses = options.addresses ?? publicAddressesOnly({ allow: PRIVATE });
    this.events = new EventRecorder({ client: options.client, component: 'image-webhooks' });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, onError } = this.options;
    const { namespace, name } = CONFIG;
    const fieldSelector = `metadata.name=${name}`;
    const informer = new Informer<Secret>(client, SECRETS, { namespace, fieldSelector, onError });
    const configure = (secret: Secret) => this.configure(secret, signal);
    informer.addHandler({
      add: configure,
      update: configure,
      delete: ({ data: _, ...secret }) => this.configure(secret, signal),
    });
    await informer.run(signal);
    await Promise.all(this.running);
  }

  /** Starts, ends and keeps endpoints as the secret says. One that did not change keeps what it has to send. */
  private configure(secret: Secret, signal: AbortSignal): void {
    const entries = Object.entries(secret.data ?? {});
    const wanted = new Map(entries.slice(0, MAX_ENDPOINTS));
    const problems = entries.length > MAX_ENDPOINTS ? [`more than ${MAX_ENDPOINTS} endpoints`] : [];
    for (const [name, { text, end }] of this.endpoints) {
      if (wanted.get(name) === text) continue;
      end.abort();
      this.endpoints.delete(name);
    }
    for (const [name, text] of wanted) {
      if (this.endpoints.has(name)) continue;
      try {
        this.start(parseEndpoint(name, Buffer.from(text, 'base64').toString()), text, signal);
      } catch (error) {
        if (!(error instanceof WebhookConfigError)) throw error;
        problems.push(error.message);
      }
    }
    this.follow(signal);
    if (problems.length === 0) return;
    const told = this.events.warn(secret, 'ImageWebhookInvalid', problems.join('; '), signal);
    this.keep(told.catch(this.options.onError));
  }

  private start(endpoint: Endpoint, text: string, signal: AbortSignal): void {
    const { name } = endpoint;
    const delivery = new Delivery(endpoint, {
      clock: systemClock,
      random: Math.random,
      addresses: this.addresses,
      render: (change, ending) => this.render(change, ending),
      observe: (outcome, error) => this.options.observe(name, outcome, error),
    });
    const end = this.begin(signal, (ending) => delivery.run(ending));
    this.endpoints.set(name, { text, endpoint, delivery, end });
  }

  /** Follows the image streams while somebody wants to hear of them. */
  private follow(signal: AbortSignal): void {
    if (this.endpoints.size === 0) {
      this.following?.abort();
      this.following = undefined;
    } else this.following ??= this.begin(signal, (ending) => this.followStreams(ending));
  }

  private async followStreams(signal: AbortSignal): Promise<void> {
    const { client, reader = client, onError } = this.options;
    const informer = new Informer<ImageStream>(reader, STREAMS, { onError });
    informer.addHandler({
      // What is there when it begins is no news.
      add: (stream) => {
        if (informer.hasSynced) this.tell(streamChanges(undefined, stream));
      },
      update: (stream, old) => this.tell(streamChanges(old, stream)),
      delete: (stream) => this.tell(streamChanges(stream, undefined)),
    });
    await informer.run(signal);
  }

  private tell(changes: readonly StreamChange[]): void {
    for (const change of changes) {
      for (const { endpoint, delivery } of this.endpoints.values()) if (wants(endpoint, change)) delivery.offer(change);
    }
  }

  private async render(change: StreamChange, signal: AbortSignal) {
    const { digest } = change;
    let image: Image | undefined;
    try {
      if (digest !== undefined) image = await this.options.client.find<Image>(IMAGES, digest, { signal });
    } catch (error) {
      if (!signal.aborted) this.options.onError(error);
    }
    return cloudEvent(change, image, new Date());
  }

  /** Runs a part until the signal is aborted or it is ended. */
  private begin(signal: AbortSignal, run: (ending: AbortSignal) => Promise<void>): AbortController {
    const end = new AbortController();
    this.keep(run(AbortSignal.any([signal, end.signal])));
    return end;
  }

  private keep(promise: Promise<void>): void {
    const kept = promise.finally(() => this.running.delete(kept));
    this.running.add(kept);
  }
}
