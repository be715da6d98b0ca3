import { RegistryError, type Digest } from '@longshore/oci';
import { projectHolds } from '../repositories/project-holds.js';
import type { Services } from '../services.js';
import type { Allowance } from '../streams/upload-limits.js';
import type { Exchange } from './exchange.js';

/**
 * Takes bytes within the limits of the project (reference registry 5): those that are announced are looked at before any is
 * taken. Errors: DENIED.
 */
export async function withinLimits<T>(
  exchange: Exchange,
  { repository, offset, digest }: { repository: string; offset: number; digest?: Digest },
  services: Services,
  take: (allowance?: Allowance) => Promise<T>,
): Promise<T> {
  const { cluster } = services;
  const allowance = await cluster?.limits?.open(repository);
  if (!cluster || !allowance) return take();
  const size = offset + Number(exchange.header('content-length') ?? 0);
  const isWhole = exchange.header('transfer-encoding') === undefined;
  const { namespace } = cluster.streamName(repository);
  const isHeld = digest && (() => projectHolds(namespace, digest, services));
  try {
    await allowance.announce({ size, isWhole, ...(isHeld && { isHeld }) });
    return await take(allowance);
  } finally {
    allowance.end();
  }
}

/** A session that may not go on leaves nothing behind, so that there is room for others. */
export async function forgetDenied<T>(
  { repository, id }: { repository: string; id: string },
  { uploads }: Services,
  take: () => Promise<T>,
): Promise<T> {
  try {
    return await take();
  } catch (error) {
    if (!isDenied(error)) throw error;
    // It is gone when it was refused while bytes came; another request may be writing it.
    await uploads.cancel(repository, id).catch((failure: unknown) => {
      if (!(failure instanceof RegistryError)) throw failure;
    });
    throw error;
  }
}

const isDenied = (error: unknown) => error instanceof RegistryError && error.code === 'DENIED';
