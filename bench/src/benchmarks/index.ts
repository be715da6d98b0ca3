import type { Benchmark } from '../benchmark.js';
import { blobGet } from './blob-get.js';
import { blobHead } from './blob-head.js';
import { blobPutChunked, blobPutMonolithic } from './blob-put.js';
import { eventLoopColdReads, eventLoopUploads } from './event-loop.js';
import { imagePull, imagePush } from './image-copy.js';
import { manifestDelete } from './manifest-delete.js';
import { manifestGet } from './manifest-get.js';
import { memory } from './memory.js';
import { smallPushes } from './small-pushes.js';
import { tagList } from './tag-list.js';

/** All benchmarks in the order of the table. */
export const benchmarks: readonly Benchmark[] = [
  manifestGet,
  blobHead,
  blobGet,
  blobPutMonolithic,
  blobPutChunked,
  imagePush,
  imagePull,
  smallPushes,
  tagList,
  manifestDelete,
  memory,
  eventLoopUploads,
  eventLoopColdReads,
];
