import { resolve } from 'node:path';

/** What a file or a folder of images is that is no repository beside others: read to be asked, and nothing is mounted there. */
export abstract class LonePlace {
  readonly name: string;
  readonly store: string;
  readonly storeLabel: string;
  readonly repository = '.';
  readonly isLocal = true;
  readonly mountName = undefined;
  readonly canLink = false;

  constructor(kind: string, path: string) {
    this.name = `${kind}:${path}`;
    this.store = resolve(path);
    this.storeLabel = this.name;
  }

  /** Reading it costs as much as asking. */
  async peek(): Promise<undefined> {
    return undefined;
  }

  knownElsewhere(): undefined {
    return undefined;
  }

  async linkBlob(): Promise<boolean> {
    return false;
  }
}
