import type { ObjectAccess } from '@longshore/apiserver';
import type { Isolation } from '../process/isolation.js';
import type { ProcessRecords } from '../process/process-records.js';
import type { VolumeServices } from '../volumes/pod-volumes.js';
import type { EventRecorder } from './event-recorder.js';

/** What the pods of this machine share. */
export interface PodServices {
  objects: ObjectAccess;
  /** Takes away a pod whose containers have ended. */
  removePod(namespace: string, name: string, uid: string): Promise<void>;
  events: EventRecorder;
  volumes: VolumeServices;
  records: ProcessRecords;
  isolation: Isolation;
  /** Holds a folder for each pod. */
  folder: string;
  /** The program behind the word `longshore`. */
  program: string;
  /** What it consists of: containers must see these files. */
  programFiles: readonly string[];
  nodeName: string;
  hostIp: string;
  /** An address for a pod; `wanted` when it is free. */
  takeAddress(wanted: string | undefined): string;
  releaseAddress(address: string): void;
  /** Host and port of the API server. */
  api: { host: string; port: string };
  /** Lines for the hosts file of pods: names and addresses of services. */
  hosts(): string;
  onError(error: unknown): void;
}
