import { watch } from 'node:fs';
import { systemClock } from '@longshore/kube';
import { syncCertificates, type SyncFolders, type SyncResult } from './sync-certificates.js';

const INTERVAL_MS = 60_000;
/** A config map is replaced in several steps. */
const SETTLE_MS = 200;

/** Keeps the certificates of a node as the cluster has them until `signal` is aborted: at once after changes, and each minute. */
export async function runNodeCa(
  folders: SyncFolders,
  onSync: (result: SyncResult) => void,
  onError: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const woken = new AbortController();
    const either = AbortSignal.any([signal, woken.signal]);
    const watcher = watchFolder(folders.source, () => woken.abort());
    try {
      onSync(await syncCertificates(folders));
    } catch (error) {
      onError(error);
    }
    await systemClock.sleep(INTERVAL_MS, either).catch(() => {});
    watcher?.close();
    await systemClock.sleep(SETTLE_MS, signal).catch(() => {});
  }
}

/** None when the folder is not there yet: the next minute sees it. */
function watchFolder(folder: string, onChange: () => void) {
  try {
    return watch(folder, onChange).on('error', onChange);
  } catch {
    return undefined;
  }
}
