/** For tests: the kinds of images, and what limits them, behind an API server over LMDB. */
import { IMAGES } from '../images/image-kind.js';
import { imageKinds } from '../images/kinds.js';
import { LayersIndex } from '../layers/layers-index.js';
import { startWorkloadServer, type WorkloadServer } from './workload-server.js';
import type { ResourceDefinition } from '@longshore/apiserver';
import { ApiError, type Image } from '@longshore/kube';

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const;

const limited = (kind: string, plural: string): ResourceDefinition => ({
  group: '',
  version: 'v1',
  kind,
  plural,
  singular: kind.toLowerCase(),
  scope: 'Namespaced',
  status: kind === 'ResourceQuota',
  schema: open,
  backend: { type: 'stored', generation: false },
});

export interface ImageServer extends WorkloadServer {
  index: LayersIndex;
  create(image: Image): Promise<Image>;
  get(name: string | undefined): Promise<Image>;
}

export async function startImageServer(): Promise<ImageServer> {
  const index = new LayersIndex();
  const others = [
    ...imageKinds(index.note),
    limited('LimitRange', 'limitranges'),
    limited('ResourceQuota', 'resourcequotas'),
  ];
  const server = await startWorkloadServer({ others });
  const { objects } = server.api;
  return {
    ...server,
    index,
    create: (image) => objects.create(IMAGES, image),
    async get(name = '') {
      const image = await objects.get<Image>(IMAGES, '', name);
      if (image === undefined) throw new Error(`no image ${name}`);
      return image;
    },
  };
}

/** Why a write is refused: `reason field: message` for each cause, or the message alone. */
export async function refusal(write: Promise<unknown>): Promise<string[]> {
  try {
    await write;
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { causes } = error.details;
    return causes?.map(({ field = '', message = '' }) => `${field}: ${message}`) ?? [error.message];
  }
}
