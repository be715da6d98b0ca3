import type { IntentInput, PartitionIntent } from '@longshore/edge';
import { InvalidArgumentError } from 'commander';
import { sizeOption } from './size-option.js';

/** What the flags of `longshore edge plan` say. */
export interface PlanOptions {
  site?: string;
  cluster?: string;
  node?: string;
  disk?: string;
  diskSize?: number;
  rootMin?: number;
  containers?: Wish;
  registry?: Wish;
  preserve?: Kept;
  wave?: number;
  target?: 'siteconfig' | 'clusterinstance';
  policyName?: string;
  namespace?: string;
  bind?: Record<string, string>;
  out?: string;
  into?: string;
  check?: boolean;
  json?: boolean;
}

type Wish = Pick<PartitionIntent, 'size' | 'startMiB'>;
type Kept = Pick<PartitionIntent, 'size' | 'label'>;

/** The part of an intent that flags say, partitions left out. */
export function flagsOf({
  site,
  cluster,
  node,
  disk,
  diskSize,
  rootMin,
  wave,
  target,
  policyName,
  namespace,
  bind,
}: PlanOptions): IntentInput {
  const flags = {
    site,
    cluster,
    node,
    disk,
    diskSizeMiB: diskSize,
    rootMinMiB: rootMin,
    wave,
    target,
    policyName,
    namespace,
    bindingRules: bind,
  };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}

/** The partitions that flags ask for. */
export function wishesOf({ containers, registry, preserve }: PlanOptions): PartitionIntent[] {
  return [
    ...(containers === undefined ? [] : [{ purpose: 'containers' as const, ...containers }]),
    ...(registry === undefined ? [] : [{ purpose: 'registry' as const, ...registry }]),
    ...(preserve === undefined ? [] : [{ purpose: 'precache' as const, ...preserve }]),
  ];
}

/** Reads `SIZE`, `SIZE@START`, `rest` or `rest@START`. */
export function wishOption(text: string): Wish {
  const [size = '', start, ...more] = text.split('@');
  if (more.length > 0) throw new InvalidArgumentError('Expected SIZE, SIZE@START, rest or rest@START.');
  return {
    size: size === 'rest' ? 'rest' : sizeOption(size),
    ...(start === undefined ? {} : { startMiB: sizeOption(start) }),
  };
}

/** Reads `label:size`. */
export function keptOption(text: string): Kept {
  const [label = '', size, ...more] = text.split(':');
  if (size === undefined || more.length > 0)
    throw new InvalidArgumentError('Expected a label and a size, such as data:250GiB.');
  return { label, size: sizeOption(size) };
}

/** Reads a whole number. */
export function waveOption(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number.');
}

/** Reads `label=value`, added to those before. */
export function bindOption(text: string, before: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new InvalidArgumentError('Expected label=value.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}
