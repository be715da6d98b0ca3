import type { RuleDescription } from '../diagnostics/sarif.js';
import { POLICY_RULES } from '../policies/policy-rules.js';
import { INSTANCE_RULES } from '../siteconfig/check-instance.js';
import { SITE_RULES } from '../siteconfig/site-rules.js';

/** The rules of lint itself by their codes: how bad it is, what it is about, and why it matters (edge.md 6; EL000 and EL031 to EL035: edge.md 1 to 4). */
export const RULES = [
  rule('EL000', 'error', 'unreadable file', 'What cannot be read cannot be applied either.'),
  rule('EL001', 'error', 'placeholder left', 'A placeholder of an example has not been replaced by a value.'),
  rule('EL002', 'error', 'block scalar not indented', 'The text of a block scalar must be indented more than its key.'),
  rule(
    'EL003',
    'error',
    'bar inside quotes',
    'The bar is part of the text then, and the text is no JSON; generators accept it.',
  ),
  rule(
    'EL004',
    'warning',
    'disk named differently',
    'Hint, layout and applied annotation must name the same disk in the same way.',
  ),
  rule(
    'EL005',
    'warning',
    'unstable disk name',
    'Kernel names change from boot to boot; names by path and by WWN do not.',
  ),
  rule(
    'EL006',
    'error',
    'volume path without file system',
    'A local volume whose path no file system of the node is mounted at does not mount.',
  ),
  rule(
    'EL007',
    'info',
    'trailing slash in a volume path',
    'It is normalised when compared; without it both sides look alike.',
  ),
  rule(
    'EL008',
    'warning',
    'two partition mechanisms',
    'mount_point belongs to diskPartition; mixed with an Ignition layout the two can overlap.',
  ),
  rule(
    'EL009',
    'warning',
    'edited generator output',
    'The comment of the transpiler is doubled: the text was edited, or another version made it.',
  ),
  rule(
    'EL010',
    'warning',
    'decimal file mode',
    'JSON has no octal numbers: 755 is octal 1363, which the owner cannot read.',
  ),
  rule(
    'EL011',
    'warning',
    'override version',
    'The install service takes 3.2.0 and 3.1.0, and the merged configuration takes the version of the override.',
  ),
  rule(
    'EL012',
    'error',
    'cluster image set',
    'The image set of the cluster wins over that of the site; prepared images must be of its release.',
  ),
  rule('EL013', 'warning', 'equal waves', 'Policies of one wave are applied in the order of their names.'),
  rule(
    'EL014',
    'error',
    'mustonlyhave on the registry',
    'It removes what the registry operator writes, again and again.',
  ),
  rule(
    'EL015',
    'error',
    'class name used as volume name',
    'image-registry-sc is the storage class; the volume has another name.',
  ),
  rule(
    'EL016',
    'error',
    'wrong resource checked',
    'The state of the registry is in configs.imageregistry.operator.openshift.io.',
  ),
  rule('EL017', 'warning', 'command text', 'The shell reads the command in another way than it is meant.'),
  rule('EL018', 'warning', 'unit not defined', 'A unit is named that nothing defines.'),
  rule('EL019', 'warning', 'careless loader script', 'Archives are never freed, or failures are hidden.'),
  rule(
    'EL020',
    'warning',
    'oneshot without start timeout',
    'TimeoutStopSec does not limit the start of a oneshot service; a hang blocks for ever.',
  ),
  rule(
    'EL021',
    'error',
    'partition not kept',
    'The installer removes partitions that --save-partlabel does not cover, with all data.',
  ),
  rule('EL022', 'error', 'disk geometry', 'Partitions must not overlap, must fit, and must leave enough to the root.'),
  rule(
    'EL023',
    'warning',
    'no project quotas',
    'Without xfs and prjquota the limits of ephemeral storage are not enforced.',
  ),
  rule(
    'EL024',
    'warning',
    'partition table at risk',
    'Wiping the install disk destroys the OS; a label without a number does not find an old partition.',
  ),
  rule(
    'EL025',
    'error',
    'registry capability disabled',
    'Without the capability ImageRegistry neither namespace nor resource of the registry exist.',
  ),
  rule(
    'EL026',
    'warning',
    'release images in the local registry',
    'It can serve images of applications only, not those of the platform or of operators.',
  ),
  rule('EL027', 'warning', 'quote breaks a template', 'The default templates put the override in single quotes.'),
  rule(
    'EL028',
    'error',
    'override too large',
    'The area in the ISO, and all annotations of an object together, have 256 KiB.',
  ),
  rule(
    'EL029',
    'warning',
    'image reference cut at a colon',
    'A port or a digest is cut off, and the image is never found.',
  ),
  rule(
    'EL030',
    'warning',
    'override at the wrong level',
    'Cluster overrides work during discovery, node overrides in the installed system.',
  ),
  rule(
    'EL031',
    'error',
    'embedded text is no JSON',
    'Generators copy the text without a look; the installation fails hours later.',
  ),
  rule('EL032', 'error', 'installer arguments', 'The install service takes a JSON list of known flags.'),
  rule('EL033', 'error', 'Ignition configuration', 'Ignition refuses the configuration at first boot.'),
  rule('EL034', 'error', 'Butane configuration', 'The Butane file cannot be transpiled.'),
  rule('EL035', 'error', 'registry storage', 'Class, claim, volume and configuration must agree in names and sizes.'),
] as const;

export type RuleId = (typeof RULES)[number]['id'];

function rule<const Id extends string>(
  id: Id,
  severity: RuleDescription['severity'],
  title: string,
  help: string,
): RuleDescription & { id: Id } {
  return { id, severity, title, help };
}

/** Every rule whose findings lint tells, also those of the generators' strict modes. */
export const ALL_RULES: readonly RuleDescription[] = [
  ...RULES,
  ...[...SITE_RULES, ...INSTANCE_RULES, ...POLICY_RULES].map((one) => ({ ...one, help: one.title })),
];
