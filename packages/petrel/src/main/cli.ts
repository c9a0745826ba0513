/** The commands and their options. Each command is a file of its own and is loaded when it is called. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { kubernetesVersion, petrelVersion } from './version.ts'

const epilogue = `
Examples:
  petrel up -f examples/shop            a cluster on this machine, and an application on it
  petrel up --simulate-nodes 100        a hundred nodes that run nothing, to try controllers and schedulers on
  export KUBECONFIG=$(petrel kubeconfig --path)
  petrel image load shop.tar            images without a registry
  petrel down                           ends the containers that a stopped Petrel has left running

Everything lies in one folder: /var/lib/petrel for root, ~/.local/share/petrel for others, or --data-dir, or
PETREL_DATA_DIR. Stopping Petrel, even by kill -9, stops no container: the next start takes them over.
`

export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('petrel')
    .description(
      `Petrel ${petrelVersion}: the Kubernetes API (${kubernetesVersion.replace(/\+.*/, '')}), its loops and its nodes in one program.`,
    )
    .version(petrelVersion, '--version')
    .showHelpAfterError('(petrel --help lists the commands)')
    .addHelpText('after', epilogue)
    .enablePositionalOptions()

  serverOptions(program.command('up'))
    .description('run everything in this process; with -f apply manifests and wait until they are ready')
    .option('-f, --filename <path>', 'a manifest, or a folder of manifests, to apply; may be repeated', collect, [])
    .addOption(
      new Option('--runtime <kind>', 'what runs containers on this machine')
        .choices(['process', 'none'])
        .default('process'),
    )
    .option('--simulate-nodes <n>', 'so many nodes that say they run pods and run nothing', count, 0)
    .option('--wait <seconds>', 'how long -f waits for what it applied', count, 300)
    .option(
      '--exit',
      'leave once everything is ready, instead of staying; what was started is stopped, its containers run on',
    )
    .action(async options => (await import('./commands/up.ts')).up(options))

  serverOptions(program.command('server'))
    .description('run the API server, the controllers and the scheduler, and no node')
    .action(async options =>
      (await import('./commands/up.ts')).up({ ...options, filename: [], runtime: 'none', simulateNodes: 0, wait: 0 }),
    )

  logOptions(data(program.command('agent')))
    .description('run a node on this machine for a server elsewhere')
    .option('--kubeconfig <file>', 'credentials made by petrel kubeconfig --node; default KUBECONFIG')
    .option('--listen <address>', 'where the API server reaches this node', '0.0.0.0:10250')
    .requiredOption('--pod-cidr <range>', "addresses of this node's pods, which no other node has: 10.244.1.0/24")
    .option('--service-cidr <range>', "the cluster's addresses of services (default 10.96.0.0/16)")
    .action(async options => (await import('./commands/agent.ts')).agent(options))

  data(program.command('kubeconfig'))
    .description("print the administrator's kubeconfig")
    .option('--path', 'print where it is instead')
    .option('--node <name>', 'print one for a node that joins with petrel agent')
    .option('--server <url>', 'the address under which that node reaches the server, https://HOST:6443')
    .action(async options => (await import('./commands/kubeconfig.ts')).printKubeconfig(options))

  const image = program.command('image').description('images of the node on this machine')
  data(image.command('load'))
    .description('load an archive of docker save or of the OCI layout')
    .argument('<file>', 'the archive; - reads standard input')
    .option('--name <reference>', 'the name to give it, besides those in the archive')
    .action(async (file, options) => (await import('./commands/image.ts')).loadImage(file, options))
  data(image.command('list').alias('ls'))
    .description('list them')
    .action(async options => (await import('./commands/image.ts')).listImages(options))
  data(image.command('rm'))
    .description('remove a name, and the image when it was its last')
    .argument('<reference>')
    .action(async (reference, options) => (await import('./commands/image.ts')).removeImage(reference, options))

  data(program.command('status'))
    .description('what runs, where, and whether it is well; exits 1 when it is not')
    .action(async options => (await import('./commands/status.ts')).status(options))

  data(program.command('down'))
    .description('stop Petrel, end all its containers, and remove its network')
    .action(async options => (await import('./commands/down.ts')).down(options))

  program
    .command('version')
    .description('print the version')
    .action(
      () =>
        void process.stdout.write(
          `petrel ${petrelVersion}, Kubernetes ${kubernetesVersion}, Node ${process.version}\n`,
        ),
    )

  try {
    await program.parseAsync(argv)
  } catch (error) {
    process.stderr.write(`petrel: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}

function data(command: Command): Command {
  return command.option('--data-dir <folder>', 'where everything lies')
}

function logOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--log-format <format>', 'of the log lines on standard error')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addOption(
      new Option('--log-level <level>', 'the least severe lines to print')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('warn'),
    )
}

function serverOptions(command: Command): Command {
  return logOptions(data(command))
    .option('--listen <address>', 'where the API server listens: PORT, HOST:PORT or [IPV6]:PORT', '0.0.0.0:6443')
    .option('--pod-cidr <range>', "addresses of this node's pods, kept from the first start on (default 10.244.0.0/24)")
    .option('--service-cidr <range>', 'addresses of services, kept from the first start on (default 10.96.0.0/16)')
    .option('--salvage', 'save what can be read of a damaged store, keeping the damaged file aside')
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}

function count(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0)
    throw new InvalidArgumentError('It must be a whole number of at least 0.')
  return number
}
