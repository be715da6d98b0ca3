import { setTimeout as sleep } from 'node:timers/promises';
import type { StorageDriver } from '@longshore/storage';
import { uploadFolder } from '../layout.js';
import { deleteIfPresent, statOrUndefined } from '../storage-access.js';
import type { Claim, SessionData, UploadStore } from '../uploads/upload-store.js';

/** How often one looks how far another process has come. */
export const LOOK_EVERY_MS = 20;
/** A session without data that is older than this was left by a process that died while it ended it. */
const LEFT_OVER_MS = 10_000;

/**
 * An upload under a name that all processes and replicas know: one of them claims it and does the work, the others wait.
 * When that process is killed, the next one takes the claim over, with what is there.
 */
export class SharedSession {
  readonly folder: string;

  /** `id`: holds a character that the HTTP API does not admit in uploads, so that no client can name it. */
  constructor(
    private readonly driver: StorageDriver,
    private readonly store: UploadStore,
    readonly repository: string,
    readonly id: string,
  ) {
    this.folder = uploadFolder(repository, id);
  }

  /** Claims it, after beginning it where needed. `busy`: another one has it, or has just ended it; look again. */
  async claim(): Promise<Claim | 'busy'> {
    const claim = await this.store.claim(this.repository, this.id);
    if (claim !== undefined) return claim;
    await this.store.begin(this.repository, this.id);
    const begun = await this.store.claim(this.repository, this.id);
    if (begun !== undefined) return begun;
    const leftOver = await statOrUndefined(this.driver, this.folder);
    if (leftOver && Date.now() - leftOver.modified > LEFT_OVER_MS) await deleteIfPresent(this.driver, this.folder);
    return 'busy';
  }

  look(): Promise<SessionData | undefined> {
    return this.store.look(this.repository, this.id);
  }

  /** Passes the time until the next look. */
  wait(): Promise<void> {
    return sleep(LOOK_EVERY_MS);
  }

  /** Ends it with all that came. The caller has claimed it. */
  async remove(): Promise<void> {
    await this.store.remove(this.repository, this.id);
  }
}
