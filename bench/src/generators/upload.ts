import { Payload } from '../content/payload.js';
import { serveJob } from './job.js';
import { RawConnection, type Target } from './raw-connection.js';
import { stopwatch } from '../stopwatch.js';
import { uploadBlob } from './upload-blob.js';

/** Parallel connections that each upload several large blobs; no blob is uploaded twice. */
export interface UploadJob {
  target: Target;
  repository: string;
  blockFile: string;
  size: number;
  connections: number;
  uploadsPerConnection: number;
  /** Bytes of a PATCH; undefined for uploads with a single PUT. */
  chunkSize: number | undefined;
  /** The number of the first variant of the payload; the following ones are used too. */
  firstVariant: number;
  /** Uploads before the timed part. */
  warmups: number;
}

export interface Upload {
  bytes: number;
  seconds: number;
}

serveJob<UploadJob, Upload>(async (job) => {
  const payload = await Payload.load(job.blockFile, job.size);
  const connections = await Promise.all(Array.from({ length: job.connections }, () => RawConnection.open(job.target)));
  const total = job.warmups + job.connections * job.uploadsPerConnection;
  const variants = Array.from({ length: total }, (_, index) => job.firstVariant + index);
  const queue = variants.map((variant) => ({ variant, digest: payload.digest(variant) }));
  const uploadNext = async (connection: RawConnection) => {
    const next = queue.shift();
    if (next === undefined) return;
    const slices = (start: number, end: number) => payload.slices(next.variant, start, end);
    await uploadBlob(connection, { ...job, digest: next.digest, slices });
  };
  for (let i = 0; connections[0] && i < job.warmups; i++) await uploadNext(connections[0]);
  return async () => {
    const seconds = stopwatch();
    await Promise.all(
      connections.map(async (connection) => {
        for (let i = 0; i < job.uploadsPerConnection; i++) await uploadNext(connection);
      }),
    );
    return { bytes: job.connections * job.uploadsPerConnection * job.size, seconds: seconds() };
  };
});
