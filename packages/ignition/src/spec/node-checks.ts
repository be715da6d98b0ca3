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
  checkBelowLinks(directories, links, 'directory-below-link', [...place, 'directories'], report);
  checkBelowLinks(files, links, 'file-below-link', [...place, 'files'], report);
  links.forEach((link, index) => {
    const at = [...place, 'links', index];
    reportLinksAbove(link, links, 'link-below-link', at, report);
    checkTarget(link, directories, at, report, level);
  });
  checkFilesystemDevices(storage, place, report);
}

function checkMode(mode: number | undefined, place: Path, report: Report, level: Level): void {
  if (mode === undefined) return;
  if (mode < 0 || mode > MAX_MODE) report.error([...place, 'mode'], 'mode-illegal');
  if (level < 6 && (mode & MAX_MODE & ~PERMISSIONS) !== 0) report.warning([...place, 'mode'], 'mode-special-bits');
}

type BelowLink = 'directory-below-link' | 'file-below-link' | 'link-below-link';

function checkBelowLinks(nodes: Node[], links: Link[], code: BelowLink, place: Path, report: Report): void {
  nodes.forEach((node, index) => reportLinksAbove(node, links, code, [...place, index], report));
}

function reportLinksAbove(node: Node, links: Link[], code: BelowLink, place: Path, report: Report): void {
  for (const link of links) if ((node.path ?? '').startsWith(`${link.path ?? ''}/`)) report.error(place, code);
}

function checkTarget(link: Link, directories: Directory[], place: Path, report: Report, level: Level): void {
  const { target = '', path = '' } = link;
  if (level >= 3 && target === '') {
    report.error([...place, 'target'], 'link-no-target');
    return;
  }
  if (link.hard !== true) return;
  const full = target.startsWith('/') ? target : posix.join(path, target);
  const clean = path === '' && target === '' ? '' : cleanPath(full);
  for (const directory of directories) if ((directory.path ?? '') === clean) report.error(place, 'hard-link-directory');
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
