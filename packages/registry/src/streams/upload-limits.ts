import { IMAGE_LIMITS, IMAGE_QUOTAS, Quantity } from '@longshore/kube';
import { RegistryError } from '@longshore/oci';
import { LRUCache } from 'lru-cache';
import type { Admit } from '../uploads/uploads.js';
import { streamName, type ImageApi, type LimitRange, type ResourceQuota } from './image-api.js';
import { SharedQuestions } from './shared-questions.js';

/** What a request says of the blob that it brings bytes of. */
export interface Announced {
  /** Bytes of the blob with all that is announced to come. */
  size: number;
  /** Whether no more can come than is announced. */
  isWhole: boolean;
  /** Whether the project has the blob already, so that its quota counts it; absent while nobody knows which blob it will be. */
  isHeld?: () => Promise<boolean>;
}

/** What one upload may bring. Call `end` when the request is over. */
export interface Allowance {
  /**
   * Before any byte is taken. What the project has already counts as nothing; what may turn out to be that, once its digest
   * is told, is not refused for a quota before. Errors: as `admit`.
   */
  announce(blob: Announced): Promise<void>;
  /** The blob has, or is announced to have, so many bytes. Errors: DENIED with `{resource, used, limit}`. */
  admit: Admit;
  /** The blob is in the storage. */
  stored(): void;
  end(): void;
}

export interface UploadLimitsOptions {
  api: Pick<ImageApi, 'limitRanges' | 'resourceQuotas'>;
  /** How long what was read is believed, in milliseconds (`openshift.quota.cachettl`). */
  ttlMs: number;
  /** Milliseconds of a clock that nobody sets. */
  now?: () => number;
  /** Hears of each refusal. */
  onRefused?: (resource: string) => void;
}

/** Limits of a namespace; numbers are bytes. */
interface Limits {
  /** Largest image, so also largest blob. */
  image: number;
  quotas: { hard: number; used: number }[];
}

interface Namespace {
  limits: Limits | undefined;
  readUntil: number;
  /** Bytes of uploads that are on their way through this process. */
  inFlight: number;
  /** Bytes stored since the quotas were read, which they cannot count yet. */
  stored: number;
}

/** A quota that would be exceeded: bytes with what is asked for, what is allowed, and what the project has at least. */
interface QuotaExcess {
  total: number;
  hard: number;
  held: number;
}

const MAX_NAMESPACES = 10_000;

/**
 * Limits on what is uploaded into a namespace, checked while the bytes arrive (registry.md 5): the LimitRange of images, and a
 * ResourceQuota of the bytes of all images. The API counts what is in images; what is on its way is added here.
 */
export class UploadLimits {
  readonly #namespaces = new LRUCache<string, Namespace>({ max: MAX_NAMESPACES });
  readonly #questions = new SharedQuestions<Limits>();
  readonly #now: () => number;

  constructor(private readonly options: UploadLimitsOptions) {
    this.#now = options.now ?? (() => performance.now());
  }

  /** For one upload into a repository. Errors: UNAVAILABLE when the limits were never read and cannot be. */
  async open(repository: string): Promise<Allowance> {
    const namespace = await this.#namespace(streamName(repository).namespace);
    let reserved = 0;
    let counts: 'always' | 'unless held' | 'never' = 'always';
    const reserve = (bytes: number) => {
      namespace.inFlight += bytes - reserved;
      reserved = bytes;
    };
    const admit = (size: number) => {
      this.#checkImage(namespace, size);
      if (counts === 'never') return;
      const bytes = Math.max(size, reserved);
      const excess = excessOf(namespace, bytes - reserved);
      if (excess === undefined) return reserve(bytes);
      if (counts === 'always' || size > excess.held) this.#refuseQuota(excess);
      reserve(0);
    };
    return {
      announce: async ({ size, isWhole, isHeld }) => {
        const mayExceed = !isWhole || excessOf(namespace, size) !== undefined;
        if (isHeld === undefined) counts = 'unless held';
        else if (mayExceed && hasQuota(namespace) && (await isHeld())) counts = 'never';
        admit(size);
      },
      admit,
      stored: () => {
        namespace.stored += reserved;
      },
      end: () => reserve(0),
    };
  }

  #checkImage({ limits }: Namespace, size: number): void {
    if (limits === undefined || size <= limits.image) return;
    const words = `requested usage of storage exceeds the maximum limit per ${IMAGE_LIMITS.image}`;
    this.#refuse(words, { resource: IMAGE_LIMITS.storage, used: size, limit: limits.image });
  }

  #refuseQuota({ total, hard }: QuotaExcess): never {
    const words = 'the quota of the project on the bytes of its images is exceeded';
    this.#refuse(words, { resource: IMAGE_QUOTAS.storage, used: total, limit: hard });
  }

  #refuse(words: string, detail: { resource: string; used: number; limit: number }): never {
    this.options.onRefused?.(detail.resource);
    throw new RegistryError('DENIED', { message: `${words} (${detail.used} > ${detail.limit})`, detail });
  }

  async #namespace(name: string): Promise<Namespace> {
    const known = this.#namespaces.get(name);
    if (known && this.#now() < known.readUntil) return known;
    const readUntil = this.#now() + this.options.ttlMs;
    const limits = await this.#questions.ask(name, () => this.#read(name));
    const namespace = this.#namespaces.get(name) ?? { limits, readUntil, inFlight: 0, stored: 0 };
    this.#namespaces.set(name, Object.assign(namespace, { limits, readUntil, stored: 0 }));
    return namespace;
  }

  async #read(namespace: string): Promise<Limits> {
    const { api } = this.options;
    const [ranges, quotas] = await Promise.all([api.limitRanges(namespace), api.resourceQuotas(namespace)]);
    return { image: Math.min(Infinity, ...ranges.flatMap(imageLimits)), quotas: quotas.flatMap(storageQuota) };
  }
}

function hasQuota({ limits }: Namespace): boolean {
  return limits !== undefined && limits.quotas.length > 0;
}

/** The first quota that so many bytes more would exceed. */
function excessOf({ limits, inFlight, stored }: Namespace, more: number): QuotaExcess | undefined {
  for (const { hard, used } of limits?.quotas ?? []) {
    const held = used + stored;
    const total = held + inFlight + more;
    if (total > hard) return { total, hard, held };
  }
  return undefined;
}

function imageLimits({ spec }: LimitRange): number[] {
  const limits = spec?.limits?.filter(({ type }) => type === IMAGE_LIMITS.image) ?? [];
  return limits.flatMap(({ max }) => bytesOf(max?.[IMAGE_LIMITS.storage]));
}

function storageQuota({ spec, status }: ResourceQuota): { hard: number; used: number }[] {
  const [hard] = bytesOf(spec?.hard?.[IMAGE_QUOTAS.storage]);
  if (hard === undefined) return [];
  return [{ hard, used: bytesOf(status?.used?.[IMAGE_QUOTAS.storage])[0] ?? 0 }];
}

function bytesOf(quantity: string | undefined): number[] {
  return quantity === undefined ? [] : [Number(Quantity.parse(quantity).toInteger())];
}
