import type { AddressPolicy } from '@longshore/distribution';
import { guardedConnector } from '@longshore/distribution/connector';
import { Backoff, isAborted, type Clock } from '@longshore/kube';
import { Pool } from 'undici';
import { CLOUD_EVENT_MEDIA_TYPE, type ImageStreamEvent } from './cloud-event.js';
import type { Endpoint } from './endpoint.js';
import { signatureHeaders } from './signature.js';
import type { StreamChange } from './stream-changes.js';

/** `retried` will come again; `refused`, `expired` and `overflowed` are lost, and the next event tells how many were. */
export type DeliveryOutcome = 'delivered' | 'retried' | 'refused' | 'expired' | 'overflowed';

export interface DeliveryOptions {
  /** Makes the event of a change, when it is about to be sent. Never throws. */
  render: (change: StreamChange, signal: AbortSignal) => Promise<ImageStreamEvent>;
  addresses: AddressPolicy;
  /** Hears how each event and attempt went. */
  observe: (outcome: DeliveryOutcome, error?: WebhookDeliveryError) => void;
  clock: Clock;
  random: () => number;
}

/** An attempt to send an event failed. The message holds neither secret nor URL. */
export class WebhookDeliveryError extends Error {
  override readonly name = 'WebhookDeliveryError';
  readonly code = 'WEBHOOK_DELIVERY';
}

const MAX_WAITING = 1000;
const ATTEMPT_MS = 10_000;
const BASE_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;
/** So long an event is tried; those behind it wait. */
const MAX_TRYING_MS = 600_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** Answers behind which another attempt may go better; all other errors would come again. */
const TEMPORARY = [408, 425, 429];

type Attempt = 'delivered' | { error: WebhookDeliveryError; isFinal: boolean; waitMs: number };

/** Sends events to one endpoint, one after the other in order, each until it is taken, refused or too old. */
export class Delivery {
  private readonly waiting: StreamChange[] = [];
  private wake = () => {};
  private missed = 0;
  private readonly pool: Pool;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly options: DeliveryOptions,
  ) {
    const { protocol, origin, port } = endpoint.url;
    const { addresses } = options;
    const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
    const connect = guardedConnector({ port: number, addresses, timeout: ATTEMPT_MS });
    this.pool = new Pool(origin, { connections: 1, connect });
  }

  offer(change: StreamChange): void {
    if (this.waiting.length >= MAX_WAITING) this.lose('overflowed');
    else this.waiting.push(change);
    this.wake();
  }

  /** Runs until the signal is aborted. What waits then is lost. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = () => this.wake();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const [change] = this.waiting;
        if (change === undefined) await new Promise<void>((resolve) => (this.wake = resolve));
        else if (await this.deliver(change, signal)) this.waiting.shift();
      }
    } finally {
      signal.removeEventListener('abort', wake);
      await this.pool.destroy();
    }
  }

  /** Whether it is done with, delivered or not; otherwise the signal was aborted. */
  private async deliver(change: StreamChange, signal: AbortSignal): Promise<boolean> {
    const { clock, random, render, observe } = this.options;
    const { missed } = this;
    const event = { ...(await render(change, signal)), ...(missed > 0 && { missedevents: missed }) };
    const body = JSON.stringify(event);
    const backoff = new Backoff(BASE_WAIT_MS, MAX_WAIT_MS, random);
    const end = clock.monotonic() + MAX_TRYING_MS;
    while (!signal.aborted) {
      const attempt = await this.send(event.id, body, signal);
      if (attempt === 'delivered') {
        this.missed -= missed;
        observe('delivered');
        return true;
      }
      if (isAborted(signal)) return false;
      const wait = Math.max(backoff.next(), attempt.waitMs);
      const isLate = clock.monotonic() + wait > end;
      if (attempt.isFinal || isLate) {
        this.lose(attempt.isFinal ? 'refused' : 'expired', attempt.error);
        return true;
      }
      observe('retried', attempt.error);
      await clock.sleep(wait, signal).catch(() => {});
    }
    return false;
  }

  private async send(id: string, body: string, signal: AbortSignal): Promise<Attempt> {
    const { name, url, key } = this.endpoint;
    const failed = (why: string, cause?: unknown) =>
      new WebhookDeliveryError(`endpoint ${JSON.stringify(name)}: ${why}`, { cause });
    try {
      const answer = await this.pool.request({
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: {
          'content-type': CLOUD_EVENT_MEDIA_TYPE,
          'user-agent': 'longshore',
          ...signatureHeaders(key, id, this.options.clock.now(), body),
        },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]),
      });
      const { statusCode: status, headers } = answer;
      await answer.body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => {});
      if (status >= 200 && status < 300) return 'delivered';
      const isFinal = status < 500 && !TEMPORARY.includes(status);
      return { error: failed(`answered ${status}`), isFinal, waitMs: retryAfter(headers['retry-after']) };
    } catch (error) {
      const isFinal = (error as { code?: unknown }).code === 'ADDRESS_REFUSED';
      const why = isFinal ? 'none of its addresses may be connected to' : 'cannot be reached';
      return { error: failed(why, error), isFinal, waitMs: 0 };
    }
  }

  private lose(outcome: DeliveryOutcome, error?: WebhookDeliveryError): void {
    this.missed++;
    this.options.observe(outcome, error);
  }
}

/** Milliseconds; dates and more than a minute count as nothing and a minute. */
function retryAfter(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Math.min(Number(header) * 1000, MAX_WAIT_MS) : 0;
}
