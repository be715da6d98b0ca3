import { forbiddenField, requiredValue, unsupportedValue } from '@longshore/apiserver';
import type { StatusCause } from '@longshore/kube';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'] as const;

const SHORT: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** `RWO,RWX` */
export function shortAccessModes(modes: readonly string[] = []): string {
  return Object.entries(SHORT)
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

export function checkAccessModes(modes: readonly string[] = [], field: string, detail?: string): StatusCause[] {
  if (modes.length === 0) return [requiredValue(field, detail)];
  const causes = modes
    .filter((mode) => !(ACCESS_MODES as readonly string[]).includes(mode))
    .map((mode) => unsupportedValue(field, mode, ACCESS_MODES));
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    causes.push(forbiddenField(field, 'may not use ReadWriteOncePod with other access modes'));
  }
  return causes;
}
