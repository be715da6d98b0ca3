/** Where Node names architectures otherwise than images do. */
const NAMES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** The architecture of this machine, as images name it. */
export function ownArchitecture(arch: string = process.arch): string {
  return NAMES[arch] ?? arch;
}
