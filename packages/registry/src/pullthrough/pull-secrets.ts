import { readFile } from 'node:fs/promises';
import {
  dockerSecretEntries,
  matchCredentials,
  parseDockerConfig,
  type Credential,
  type CredentialEntry,
  type RepositoryName,
} from '@longshore/distribution';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../observe/index.js';
import type { ImageApi, StreamName } from '../streams/image-api.js';

const MAX_STREAMS = 1000;
/** How long what was read is believed, in milliseconds: users mend secrets and try again. */
const BELIEVED_MS = 10_000;

/** Credentials for other registries: the secrets of the stream's namespace, then the pull secret of the installation. */
export class PullSecrets {
  private readonly known = new LRUCache<string, Promise<readonly CredentialEntry[]>>({
    max: MAX_STREAMS,
    ttl: BELIEVED_MS,
  });

  /** `pullSecret`: path of the installation's, a Docker configuration; it need not exist. */
  constructor(
    private readonly api: Pick<ImageApi, 'findSecrets'>,
    private readonly pullSecret: string,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** All that fit, best first. Never fails: what cannot be read is left out. */
  async credentials(stream: StreamName, repository: RepositoryName): Promise<Credential[]> {
    const lists = await Promise.all([this.ofStream(stream), this.ofInstallation()]);
    return lists.flatMap((list) => matchCredentials(list, repository));
  }

  /** What cannot be read is asked for again the next time. */
  private once(
    key: string,
    read: () => Promise<readonly CredentialEntry[]>,
    told: (error: unknown) => void,
  ): Promise<readonly CredentialEntry[]> {
    const known = this.known.get(key);
    if (known) return known;
    const reading = read().catch((error: unknown) => {
      if (this.known.get(key) === reading) this.known.delete(key);
      told(error);
      return [];
    });
    this.known.set(key, reading);
    return reading;
  }

  private ofStream(stream: StreamName): Promise<readonly CredentialEntry[]> {
    const { namespace, name } = stream;
    const read = async () => {
      const { items } = (await this.api.findSecrets(stream)) ?? { items: [] };
      return items.flatMap((secret) =>
        this.read(`secret ${namespace}/${secret.metadata.name}`, () => dockerSecretEntries(secret)),
      );
    };
    return this.once(`${namespace}/${name}`, read, (error) =>
      this.log.warn({ ...stream, error }, 'the pull secrets of an image stream cannot be read'),
    );
  }

  private ofInstallation(): Promise<readonly CredentialEntry[]> {
    const path = this.pullSecret;
    const read = async () => {
      const text = await readFile(path, 'utf8').catch(undefinedWhenAbsent);
      return text === undefined ? [] : this.read(path, () => parseDockerConfig(text).entries);
    };
    return this.once('', read, (error) =>
      this.log.warn({ path, error }, 'the pull secret of the installation cannot be read'),
    );
  }

  private read(what: string, parse: () => readonly CredentialEntry[]): readonly CredentialEntry[] {
    try {
      return parse();
    } catch (error) {
      this.log.warn({ what, error }, 'a pull secret cannot be used');
      return [];
    }
  }
}

function undefinedWhenAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
