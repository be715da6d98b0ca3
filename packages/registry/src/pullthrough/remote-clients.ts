import { RegistryClient, type RegistryClientOptions } from '@longshore/distribution';
import { LRUCache } from 'lru-cache';

const MAX_CLIENTS = 200;
const MAX_AGE_MS = 600_000;

interface Entry {
  client: RegistryClient;
  users: number;
  retired: boolean;
}

/** A client in use; `release` must follow, once. */
export interface LentClient {
  client: RegistryClient;
  release: () => void;
}

/** Clients by what makes them differ (whose credentials they hold, say). Those that are not used for long are closed. */
export class RemoteClients {
  private readonly entries = new LRUCache<string, Entry>({
    max: MAX_CLIENTS,
    ttl: MAX_AGE_MS,
    dispose: (entry) => this.retire(entry),
  });

  constructor(private readonly optionsFor: (key: string) => RegistryClientOptions) {}

  lend(key: string): LentClient {
    let entry = this.entries.get(key);
    if (!entry) {
      entry = { client: new RegistryClient(this.optionsFor(key)), users: 0, retired: false };
      this.entries.set(key, entry);
    }
    const lent = entry;
    lent.users++;
    const release = () => {
      lent.users--;
      closeWhenUnused(lent);
    };
    return { client: lent.client, release };
  }

  /** Closes those that nobody uses, now or as soon as that is so. */
  close(): void {
    this.entries.clear();
  }

  private retire(entry: Entry): void {
    entry.retired = true;
    closeWhenUnused(entry);
  }
}

function closeWhenUnused({ client, users, retired }: Entry): void {
  if (retired && users === 0) void client.close();
}
