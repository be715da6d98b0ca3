import { once } from 'node:events';
import type { KubeObject, Status } from '@longshore/kube';
import { ComputedItem } from '../resources/item.js';
import type { Resource } from '../resources/resource.js';
import type { Exchange } from './exchange.js';
import type { Representation } from './representation.js';
import { eventLine, type ItemEvent } from './watch-events.js';

/** The annotation of the bookmark behind the state that a watch begins with. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** The answer to a watch: one JSON document a line. */
export class WatchStream {
  private isFirst = true;

  constructor(
    private readonly exchange: Exchange,
    private readonly resource: Resource,
    private readonly form: Representation,
    /** Ends the wait for a client that does not read. */
    private readonly signal: AbortSignal,
  ) {}

  /** Sends the head, so that the client knows that the watch is on. */
  begin(): void {
    const { response } = this.exchange;
    if (response.headersSent) return;
    response.writeHead(200, this.exchange.headers('application/json'));
    response.flushHeaders();
  }

  /** Resolves when the client has room for more. Errors: the signal's reason, when it has left. */
  async send(events: readonly ItemEvent[]): Promise<void> {
    if (events.length === 0) return;
    const lines = events.map((event) => this.line(event));
    await this.write(lines.length === 1 ? (lines[0] as Buffer) : Buffer.concat(lines));
  }

  /** Tells how far the watch has come. */
  bookmark(resourceVersion: string): Promise<void> {
    return this.mark({ resourceVersion });
  }

  /** Tells that the state at the beginning is complete. */
  initialEventsEnd(resourceVersion: string): Promise<void> {
    return this.mark({ resourceVersion, annotations: { [INITIAL_EVENTS_END]: 'true' } });
  }

  fail(status: Status): Promise<void> {
    return this.write(eventLine('ERROR', JSON.stringify(status)));
  }

  end(): void {
    this.begin();
    this.exchange.response.end();
  }

  /** Encoded once for all who watch in the same form. */
  private line({ type, item, change }: ItemEvent): Buffer {
    const { form, resource } = this;
    const encode = () => eventLine(type, form.single(item, this.isFirst));
    const isShared = change !== undefined && form.name !== undefined;
    const line = isShared ? change.shared(`${resource.id} ${type} ${form.name}`, encode) : encode();
    this.isFirst = false;
    return line;
  }

  private mark(metadata: KubeObject['metadata']): Promise<void> {
    const { definition, groupVersion } = this.resource;
    const item = new ComputedItem({ kind: definition.kind, apiVersion: groupVersion, metadata });
    return this.write(eventLine('BOOKMARK', this.form.single(item, false)));
  }

  private async write(bytes: Buffer): Promise<void> {
    this.begin();
    const { response } = this.exchange;
    if (!response.write(bytes)) await once(response, 'drain', { signal: this.signal });
  }
}
