import type { Digest } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';
import { BLOBS, digestFromNames, layersFolder } from '../layout.js';
import { children } from '../storage-access.js';

const ALGORITHMS = ['sha256', 'sha512'];

/** The digests of all blobs in storage. */
export async function* blobDigests(driver: StorageDriver): AsyncGenerator<Digest> {
  for (const algorithm of ALGORITHMS) {
    for await (const prefix of children(driver, `${BLOBS}/${algorithm}`)) {
      yield* digestsIn(driver, algorithm, `${BLOBS}/${algorithm}/${prefix}`);
    }
  }
}

/** The digests of the blobs to which a repository has links. */
export async function* layerDigests(driver: StorageDriver, repository: string): AsyncGenerator<Digest> {
  for (const algorithm of ALGORITHMS) yield* digestsIn(driver, algorithm, `${layersFolder(repository)}/${algorithm}`);
}

async function* digestsIn(driver: StorageDriver, algorithm: string, folder: string): AsyncGenerator<Digest> {
  for await (const hex of children(driver, folder)) {
    const digest = digestFromNames(algorithm, hex);
    if (digest) yield digest;
  }
}
