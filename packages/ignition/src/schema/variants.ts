import { EXPERIMENTAL_LEVEL, string, struct, sugar, type Field, type Level } from './field.js';
import { fieldsOf } from './structs.js';

export type Variant = 'fcos' | 'openshift' | 'flatcar' | 'r4e' | 'fiot';

/** One version of one variant: what it is built on and where it differs (edge.md 1.1 and 1.8). */
export interface Dialect {
  variant: Variant;
  version: string;
  /** Ignition 3.N that it is translated to. */
  level: Level;
  /** All keys at the top of a config. */
  sections: readonly Field[];
  /** Inline and local contents may be compressed when that makes them smaller. */
  autoCompression: boolean;
}

const COMMON = [string('variant'), string('version')].map(sugar);
const BOOT_DEVICE = sugar(struct('boot_device', 'BootDevice'));
const GRUB = sugar(struct('grub', 'Grub'));
const METADATA = sugar(struct('metadata', 'Metadata'));
const OPENSHIFT = sugar(struct('openshift', 'OpenShift'));

/** Versions of each variant and their level, oldest first. */
const VERSIONS: Record<Variant, readonly (readonly [version: string, level: Level])[]> = {
  fcos: [
    ['1.0.0', 0],
    ['1.1.0', 1],
    ['1.2.0', 2],
    ['1.3.0', 2],
    ['1.4.0', 3],
    ['1.5.0', 4],
    ['1.6.0', 5],
    ['1.7.0', 6],
    ['1.8.0-experimental', EXPERIMENTAL_LEVEL],
  ],
  openshift: [
    ...minors(8, 13, 2),
    ...minors(14, 18, 4),
    ...minors(19, 22, 5),
    ['4.23.0-experimental', EXPERIMENTAL_LEVEL],
  ],
  flatcar: [
    ['1.0.0', 3],
    ['1.1.0', 4],
    ['1.2.0-experimental', EXPERIMENTAL_LEVEL],
  ],
  r4e: [
    ['1.0.0', 3],
    ['1.1.0', 4],
    ['1.2.0-experimental', EXPERIMENTAL_LEVEL],
  ],
  fiot: [
    ['1.0.0', 4],
    ['1.1.0-experimental', EXPERIMENTAL_LEVEL],
  ],
};

const DIALECTS: ReadonlyMap<string, Dialect> = new Map(
  (Object.keys(VERSIONS) as Variant[]).flatMap((variant) =>
    VERSIONS[variant].map(([version, level]) => [`${variant} ${version}`, dialect(variant, version, level)] as const),
  ),
);

/** The dialect of exactly that variant and version, or undefined. */
export function findDialect(variant: string, version: string): Dialect | undefined {
  return DIALECTS.get(`${variant} ${version}`);
}

/** All dialects, by variant, oldest first. */
export function allDialects(): Dialect[] {
  return [...DIALECTS.values()];
}

/** The minor number of an OpenShift version, 0 for other variants. */
export function openshiftMinor({ variant, version }: Dialect): number {
  return variant === 'openshift' ? Number(version.split('.')[1]) : 0;
}

/** `3.2.0`; the last level is experimental. */
export function ignitionVersion(level: Level): string {
  return `3.${level}.0${level === EXPERIMENTAL_LEVEL ? '-experimental' : ''}`;
}

/** The level of an Ignition version that we know, or undefined. */
export function ignitionLevel(version: string): Level | undefined {
  for (let level = 0; level <= EXPERIMENTAL_LEVEL; level++) if (ignitionVersion(level) === version) return level;
  return undefined;
}

function minors(first: number, last: number, level: Level): [string, Level][] {
  return Array.from({ length: last - first + 1 }, (_, index) => [`4.${first + index}.0`, level]);
}

function dialect(variant: Variant, version: string, level: Level): Dialect {
  const base = [...COMMON, ...fieldsOf('Config', level)];
  const known: Dialect = { variant, version, level, sections: base, autoCompression: true };
  if (variant === 'openshift') {
    const sections = [...base, BOOT_DEVICE, ...(level >= 4 ? [GRUB] : []), METADATA, OPENSHIFT];
    // Images of 4.8 and 4.9 do not decompress (edge.md 1.5).
    return { ...known, sections, autoCompression: version !== '4.8.0' && version !== '4.9.0' };
  }
  if (variant === 'fcos' && version >= '1.3.0') {
    return { ...known, sections: [...base, BOOT_DEVICE, ...(level >= 4 ? [GRUB] : [])] };
  }
  return known;
}
