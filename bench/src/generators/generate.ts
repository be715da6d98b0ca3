import { fork } from 'node:child_process';
import { track } from '../children.js';
import { treeCpuSeconds } from '../process-tree.js';
import type { RunningServer } from '../servers/running-server.js';
import type { Download, DownloadJob } from './download.js';
import type { Upload, UploadJob } from './upload.js';
import type { ManifestPut, ManifestPutJob } from './manifest-put.js';
import type { RequestRate, RequestJob } from './requests.js';
import type { SmallPush, SmallPushJob } from './small-push.js';
import type { FromGenerator, ToGenerator } from './job.js';

/** The generators: what each is told and what it reports. */
interface Generators {
  download: { job: DownloadJob; result: Download };
  upload: { job: UploadJob; result: Upload };
  requests: { job: RequestJob; result: RequestRate };
  'manifest-put': { job: ManifestPutJob; result: ManifestPut };
  'small-push': { job: SmallPushJob; result: SmallPush };
}

type Job<Name extends keyof Generators> = Omit<Generators[Name]['job'], 'target'>;

export class GeneratorError extends Error {
  readonly code = 'GENERATOR_FAILED';
}

/**
 * Runs a load generator against a server, in a process of its own. Returns its result and the processor time in seconds
 * that the server used for the timed part.
 */
export function generate<Name extends keyof Generators>(
  name: Name,
  server: RunningServer,
  job: Job<Name>,
): Promise<{ result: Generators[Name]['result']; cpuSeconds: number }> {
  const child = track(fork(new URL(`./${name}.js`, import.meta.url)));
  const tell = (message: ToGenerator) => child.send(message);
  let cpuBefore = 0;
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new GeneratorError(`${name} ended without a result`)));
    child.on('message', (message: FromGenerator) => {
      if (message.kind === 'ready') {
        cpuBefore = treeCpuSeconds(server.pid);
        tell({ kind: 'go' });
        return;
      }
      const cpuSeconds = treeCpuSeconds(server.pid) - cpuBefore;
      if (message.kind === 'done') resolve({ result: message.result as Generators[Name]['result'], cpuSeconds });
      else reject(new GeneratorError(`${name}: ${message.message}`));
      child.disconnect();
    });
    tell({ kind: 'job', job: { ...job, target: server.target } });
  });
}
