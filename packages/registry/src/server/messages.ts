import type { RegistryConfig } from '../config/index.js';

/** What the primary and its workers say to each other, beside the messages of the shared request limits. */
export type ToWorker =
  | { type: 'start'; config: RegistryConfig; secret: string; /** Of the workers, this one does the periodic work. */ first: boolean }
  | { type: 'stop' }
  | { type: 'collect-metrics'; id: number }
  | { type: 'rendered-metrics'; id: number; text: string };

export type ToPrimary =
  | { type: 'listening'; address: string }
  | { type: 'failed'; message: string }
  | { type: 'render-metrics'; id: number }
  | { type: 'metrics'; id: number; part: unknown };
