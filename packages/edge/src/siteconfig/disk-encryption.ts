import { fields, type Fields, type Value } from '../yaml/value.js';
import { machineConfig } from './disk-partition.js';
import type { DiskEncryption } from './site-config.js';

/** The MachineConfig that encrypts the root disk, bound to a TPM or to Tang servers; undefined for the type `none`. */
export function diskEncryptionManifest(encryption: DiskEncryption, role: string): Fields | undefined {
  const { type } = encryption;
  if (type !== 'tpm2' && type !== 'nbde') return undefined;
  const storage = fields([
    [
      'luks',
      [
        fields([
          ['name', 'root'],
          ['device', '/dev/disk/by-partlabel/root'],
          ['clevis', clevis(encryption)],
          ['options', ['--cipher', 'aes-cbc-essiv:sha256']],
          ['wipeVolume', true],
        ]),
      ],
    ],
    [
      'filesystems',
      [
        fields([
          ['device', '/dev/mapper/root'],
          ['format', 'xfs'],
          ['label', 'root'],
          ['wipeFilesystem', true],
        ]),
      ],
    ],
  ]);
  const name = `disk-encryption-${role}`;
  if (type === 'tpm2') return machineConfig(name, role, { storage });
  // The root disk is opened before the real root is there, so the early system needs the network, and how it is set up.
  const systemd = fields([['units', [networkIntoInitramfs()]]]);
  return machineConfig(name, role, { storage, systemd }, { kernelArguments: ['rd.neednet=1'] });
}

function clevis({ type, tang, tpm2 }: DiskEncryption): Fields {
  if (type === 'nbde') {
    const servers = tang.map(({ url, thumbprint }): Value =>
      fields([
        ['url', url],
        ['thumbprint', thumbprint],
      ]),
    );
    return fields([['tang', servers]]);
  }
  if (tpm2.pcrList === '') return fields([['tpm2', true]]);
  const config = JSON.stringify({ hash: 'sha256', key: 'ecc', pcr_bank: 'sha256', pcr_ids: tpm2.pcrList });
  return fields([
    [
      'custom',
      fields([
        ['pin', 'tpm2'],
        ['config', config],
      ]),
    ],
  ]);
}

function networkIntoInitramfs(): Fields {
  const contents = [
    '[Unit]',
    'Description=Take the network settings of this host into its initramfs',
    'After=NetworkManager.service',
    'ConditionKernelCommandLine=ignition.firstboot',
    '',
    '[Service]',
    'Type=oneshot',
    'ExecStart=/usr/bin/rpm-ostree initramfs-etc --track /etc/NetworkManager',
    'ExecStart=/usr/bin/systemctl --no-block reboot',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ];
  return fields([
    ['name', 'initramfs-network-config-sync.service'],
    ['enabled', true],
    ['contents', `${contents.join('\n')}\n`],
  ]);
}
