import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GeneratedManifest } from './content.js';

/** Writes manifests with their content as an OCI image layout, from which `skopeo copy oci:DIR:NAME` reads. */
export async function writeOciLayout(dir: string, manifests: Record<string, GeneratedManifest>): Promise<void> {
  const index = Object.entries(manifests).map(([name, { descriptor }]) => ({
    ...descriptor,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }));
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: index }));
  for (const manifest of Object.values(manifests)) {
    await writeTree(dir, manifest);
  }
}

async function writeTree(dir: string, manifest: GeneratedManifest): Promise<void> {
  for (const { descriptor, bytes } of [manifest, ...manifest.blobs]) {
    const path = join(dir, 'blobs', ...descriptor.digest.split(':'));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  for (const child of manifest.children) {
    await writeTree(dir, child);
  }
}
