import type { RegistryConfig } from '../config/index.js';

/** What the primary and its workers say to each other, beside the messages of the shared request limits. */
export type ToWorker =
  | StartMessage
  | { type: 'stop' }
  | { type: 'collect-metrics'; id: number }
  | { type: 'rendered-metrics'; id: number; text: string };

export interface StartMessage {
  type: 'start';
  config: RegistryConfig;
  /** In base64. */
  secret: string;
  /** Of the workers, this one does the periodic work. */
  first: boolean;
}

export type ToPrimary =
  /** The worker listens to messages: what is sent before is lost. */
  | { type: 'ready' }
  | { type: 'listening'; address: string }
  | { type: 'failed'; message: string }
  | { type: 'stop-failed'; message: string }
  | { type: 'render-metrics'; id: number }
  | { type: 'metrics'; id: number; part: unknown };
