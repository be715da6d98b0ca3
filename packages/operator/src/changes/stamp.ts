import { checksum } from '../checksum.js';
import { CHECKSUM, RESOURCES, SPEC_HASH } from '../names.js';
import type { Wanted } from '../snapshot.js';

const WORKLOADS: readonly string[] = [RESOURCES.deployments.resource, RESOURCES.daemonSets.resource];

/** The object with the marks by which changes of our own wishes are seen (operator.md 4, drift rules). */
export function stamp(wanted: Wanted): Wanted {
  if (wanted.createOnly) return wanted;
  const { object, type } = wanted;
  const annotations = {
    ...object.metadata.annotations,
    [CHECKSUM]: checksum(object),
    ...(WORKLOADS.includes(type.resource) && { [SPEC_HASH]: checksum(object['spec']).replace('sha256:', '') }),
  };
  return { ...wanted, object: { ...object, metadata: { ...object.metadata, annotations } } };
}
