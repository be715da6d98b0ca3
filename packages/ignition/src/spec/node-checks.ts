import { posix } from 'node:path';
import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import type { Level } from '../schema/field.js';
import type { Directory, File, Link, Node, Owner, Storage } from './ignition-config.js';
import { checkPath, cleanPath } from './path-checks.js';

const MAX_MODE = 0o7777;
const PERMISSIONS = 0o777;

/** Checks what files, directories and links have in common. */
export function checkNode({ path = '' }: Node, place: Path, report: Report): void {
  checkPath(path, [...place, 'path'], report);
}

/** Checks a directory. */
export function checkDirectory(directory: Directory, place: Path, report: Report, level: Level): void {
  checkNode(directory, place, report);
  checkMode(directory.mode, place, report, level);
}

/** Checks a file. */
export function checkFile(file: File, place: Path, report: Report, level: Level): void {
  checkNode(file, place, report);
  checkMode(file.mode, place, report, level);
  if (file.overwrite === true && file.contents?.source === undefined) {
    report.error([...place, 'overwrite'], 'overwrite-no-source');
  }
}

/** Checks a user or group. */
export function checkOwner({ id, name }: Owner, place: Path, report: Report): void {
  if (id !== undefined && name) report.error(place, 'id-and-name');
}

/** Checks how nodes and file systems go together. */
export function checkStorage(storage: Storage, place: Path, report: Report, level: Level): void {
  const { directories = [], files = [], links = [] } = storage;
  const linked = new LinkTable(links);
  const listed = countPaths(directories);
  directories.forEach((node, index) => {
    reportLinksAbove(node, linked, 'directory-below-link', [...place, 'directories', index], report);
  });
  files.forEach((node, index) => {
    reportLinksAbove(node, linked, 'file-below-link', [...place, 'files', index], report);
  });
  links.forEach((link, index) => {
    const at = [...place, 'links', index];
    reportLinksAbove(link, linked, 'link-below-link', at, report);
    checkTarget(link, listed, at, report, level);
  });
  checkFilesystemDevices(storage, place, report);
}

function checkMode(mode: number | undefined, place: Path, report: Report, level: Level): void {
  if (mode === undefined) return;
  if (mode < 0 || mode > MAX_MODE) report.error([...place, 'mode'], 'mode-illegal');
  if (level < 6 && (mode & MAX_MODE & ~PERMISSIONS) !== 0) report.warning([...place, 'mode'], 'mode-special-bits');
}

type BelowLink = 'directory-below-link' | 'file-below-link' | 'link-below-link';

/** How often each path is listed. */
function countPaths(nodes: Node[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { path = '' } of nodes) counts.set(path, (counts.get(path) ?? 0) + 1);
  return counts;
}

/** The links of a config, to find those above a path without a look at each. */
class LinkTable {
  readonly #counts: ReadonlyMap<string, number>;
  readonly #lengths: readonly number[];

  constructor(links: Link[]) {
    this.#counts = countPaths(links);
    this.#lengths = [...new Set([...this.#counts.keys()].map(({ length }) => length))];
  }

  /** How many links stand above a path. */
  countAbove(path: string): number {
    const above = this.#lengths.filter((length) => path[length] === '/');
    return above.reduce((count, length) => count + (this.#counts.get(path.slice(0, length)) ?? 0), 0);
  }
}

/** One report for each link that lists a path above the node's. */
function reportLinksAbove({ path = '' }: Node, links: LinkTable, code: BelowLink, place: Path, report: Report): void {
  for (let count = links.countAbove(path); count > 0 && !report.isFull; count--) report.error(place, code);
}

function checkTarget(
  link: Link,
  directories: ReadonlyMap<string, number>,
  place: Path,
  report: Report,
  level: Level,
): void {
  const { target = '', path = '' } = link;
  if (level >= 3 && target === '') {
    report.error([...place, 'target'], 'link-no-target');
    return;
  }
  if (link.hard !== true) return;
  const full = target.startsWith('/') ? target : posix.join(path, target);
  const clean = path === '' && target === '' ? '' : cleanPath(full);
  for (let count = directories.get(clean) ?? 0; count > 0 && !report.isFull; count--) {
    report.error(place, 'hard-link-directory');
  }
  for (const owner of ['user', 'group'] as const) {
    for (const part of ['id', 'name'] as const) {
      if (link[owner]?.[part] !== undefined) report.warning([...place, owner, part], 'hard-link-owner');
    }
  }
}

function checkFilesystemDevices({ disks = [], filesystems = [] }: Storage, place: Path, report: Report): void {
  const byDevice = new Map(disks.map((disk) => [disk.device, disk]));
  filesystems.forEach(({ device, wipeFilesystem }, index) => {
    const disk = byDevice.get(device);
    const at = [...place, 'filesystems', index, 'device'];
    if (disk?.partitions?.length) report.warning(at, 'filesystem-on-partitions');
    else if (disk?.wipeTable === true && wipeFilesystem !== true) report.warning(at, 'filesystem-implicit-wipe');
  });
}
