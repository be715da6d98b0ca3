import { Command, Option } from 'commander';
import { CliError } from '../../cli-error.js';
import { withImageReaderOptions, type ImageReaderOptions } from '../../image/image-reader-options.js';
import { refusedOption } from '../../refused-option.js';
import { withClusterOptions, type ClusterOptions } from '../../session/session.js';
import { interruption } from '../../signals.js';
import { withSignatureOptions, type SignatureOptions } from './signature-options.js';

const NOTES = `
--command writes a program, --tools all programs of the release as archives with sha256sum.txt; both are told version and image of
the release.

Exit codes: 0 done, 1 failed, 2 called wrongly, 4 nothing vouches for the release (--verify-signature).

Examples:
  longshore adm release extract --to=manifests quay.io/org/release:4.16.3-x86_64
  longshore adm release extract --file=image-references quay.io/org/release:4.16.3-x86_64
  longshore adm release extract --credentials-requests --cloud=aws --to=requests quay.io/org/release:4.16.3-x86_64
  longshore adm release extract --command=openshift-install --dir=media --from=file://openshift/release:4.16.3-x86_64
  longshore adm release extract --tools --to=tools quay.io/org/release:4.16.3-x86_64`;

export interface ReleaseExtractOptions extends ImageReaderOptions, SignatureOptions, ClusterOptions {
  from?: string;
  to: string;
  file?: string;
  command?: string;
  commandOs: 'linux' | 'mac' | 'windows';
  tools?: boolean;
  credentialsRequests?: boolean;
  cloud?: string;
  filterByOs?: string;
}

const INCLUDED = 'What a cluster includes of a release is known to its version operator only.';
const KINDS = ['file', 'command', 'tools', 'credentialsRequests'] as const;

/** `longshore adm release extract` (mirror.md 3.3). */
export function releaseExtractCommand(): Command {
  const command = new Command('extract')
    .description('write manifests or programs of a release')
    .argument(
      '[release]',
      '[HOST/]REPOSITORY[:TAG][@DIGEST], file://REPOSITORY… or a version; default: that of the cluster',
    )
    .option('--from <release>', 'the release, when it is no argument')
    .addOption(new Option('--to <folder>', 'where to write').default('.', 'this folder'))
    .option('--file <name>', 'print this file of the release')
    .option('--command <name>', 'write this program: oc, openshift-install, openshift-baremetal-install or ccoctl')
    .addOption(
      new Option('--command-os <os>', 'for which system the program is')
        .choices(['linux', 'mac', 'windows'])
        .default('linux'),
    )
    .option('--tools', 'write all programs for Linux and macOS as archives')
    .option('--credentials-requests', 'write only CredentialsRequests')
    .option('--cloud <name>', 'with --credentials-requests: only those of this cloud, such as aws')
    .option('--filter-by-os <regexp>', 'which release of a list; otherwise linux/amd64')
    .addOption(refusedOption('--included', INCLUDED))
    .addOption(refusedOption('--install-config <file>', INCLUDED))
    .addOption(
      refusedOption('--git <folder>', 'Sources would have to be cloned; "info --commits" tells where they are.'),
    )
    .addHelpText('after', NOTES);
  return withImageReaderOptions(withSignatureOptions(withClusterOptions(command))).action(
    async (release: string | undefined, options: ReleaseExtractOptions) => {
      const { from, cloud, credentialsRequests = false } = options;
      if (release !== undefined && from !== undefined)
        throw new CliError('you may not specify an argument and --from', 2);
      if (KINDS.filter((kind) => options[kind] !== undefined).length > 1) {
        throw new CliError('only one of --file, --command, --tools and --credentials-requests may be given', 2);
      }
      if (cloud !== undefined && !credentialsRequests) throw new CliError('--cloud is for --credentials-requests', 2);
      const { extractRelease } = await import('./extract-release.js');
      await extractRelease(release ?? from, options, interruption());
    },
  );
}
