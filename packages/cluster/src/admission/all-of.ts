import type { Admission } from '@longshore/apiserver';

/** Asks one after the other; the first that refuses ends it. */
export function allOf(parts: readonly Admission[]): Admission {
  return {
    async mutate(request) {
      for (const part of parts) await part.mutate?.(request);
    },
    async validate(request) {
      for (const part of parts) await part.validate?.(request);
    },
  };
}
