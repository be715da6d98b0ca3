/** Where a walk through an object is: properties, positions in lists, keys of maps. Text is made only when there is something to tell. */
export type Path = (string | number | { key: string })[];

/** `spec.containers[0].name`, `data[key]`. */
export function formatPath(path: Path, root = ''): string {
  let text = root;
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (typeof step === 'object') text += `[${step.key}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
