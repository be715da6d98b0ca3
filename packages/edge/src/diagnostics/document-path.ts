/** A place in a document, as a chain from the innermost key outwards; shared by all nodes below the same parent. */
export interface DocumentPath {
  parent: DocumentPath | undefined;
  /** A map's key, a list's index, or `embedded` where the text of a scalar is a document itself. */
  step: string | number | { embedded: true };
}

/** `spec.clusters[0].nodes[1].ignitionConfigOverride: storage.disks[0].device` */
export function formatPath(path: DocumentPath | undefined): string {
  const steps: DocumentPath['step'][] = [];
  for (let at = path; at !== undefined; at = at.parent) steps.unshift(at.step);
  let text = '';
  let separator = '';
  for (const step of steps) {
    if (typeof step === 'object') separator = ': ';
    else {
      const isWord = typeof step === 'string' && /^[\w-]+$/.test(step);
      text += separator === '.' && !isWord ? '' : separator;
      text += isWord ? step : typeof step === 'number' ? `[${step}]` : `["${step}"]`;
      separator = '.';
    }
  }
  return text;
}
