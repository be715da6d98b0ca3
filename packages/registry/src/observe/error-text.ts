const MAX_CAUSES = 8;
const MAX_MEMBERS = 5;

/**
 * The message of an error followed by those of its causes, `outer: inner: root`. A cause whose words its wrapper already
 * repeats is left out. Never throws, whatever was thrown.
 */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current !== undefined && current !== null; depth++) {
    const message = messageOf(current);
    const wrapper = parts.at(-1);
    if (wrapper === undefined || !wrapper.includes(message)) parts.push(message);
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(': ') || 'unknown error';
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) {
    const members = (error.errors as unknown[]).slice(0, MAX_MEMBERS).map(ownMessage).join('; ');
    return error.message === '' ? members : `${error.message} (${members})`;
  }
  return ownMessage(error);
}

/** Node gives some connection errors an empty message and only a code. */
function ownMessage(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!(error instanceof Error)) return `${typeof error} was thrown`;
  if (error.message !== '') return error.message;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
