/**
 * `npm run bench`: Petrel beside kube-apiserver and etcd, section by section and turn by turn in one run, so that whatever
 * else the machine does meets both. A full run writes RESULTS.md.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { petrelTarget } from './petrel.ts'
import { record, table, type Values } from './report.ts'
import { fullSizes, quickSizes, type Section, sections } from './sections.ts'
import { upstreamBinaries, upstreamTarget } from './upstream.ts'

const usage = `npm run bench -- [--quick] [--only SECTION]… [--rounds N] [--out FILE] [--folder DIR]

  --quick      smaller sizes and one round, nothing written
  --only       one section; may be repeated: ${sections.map(({ name }) => name).join(', ')}
  --rounds     how often each section is run; default 5
  --out        where the results go; default bench/RESULTS.md for a run of all sections, else nowhere
  --folder     where the data lies: its disk is part of what is measured; default the folder for temporary files

Upstream is measured where its binaries are given:
  PETREL_BENCH_KUBE_APISERVER, PETREL_BENCH_ETCD, PETREL_BENCH_KUBE_SCHEDULER, PETREL_BENCH_KUBE_CONTROLLER_MANAGER
`
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    out: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

if (options.help) say(usage)
else await run()

async function run(): Promise<void> {
  const unknown = options.only.filter(name => !sections.some(section => section.name === name))
  if (unknown.length > 0) throw new Error(`No section is called ${unknown.join(', ')}\n${usage}`)
  const rounds = Number(options.rounds ?? (options.quick ? 1 : 5))
  const chosen = sections.filter(({ name }) => options.only.length === 0 || options.only.includes(name))
  const whole = !options.quick && options.only.length === 0
  const out = options.out ?? (whole ? join(import.meta.dirname, 'RESULTS.md') : undefined)
  const binaries = upstreamBinaries(process.env)
  const started = new Date()
  const values: Values = new Map()
  for (const section of chosen) {
    for (let round = 1; round <= rounds; round++) {
      for (const name of binaries && section.only === undefined ? ['petrel', 'upstream'] : ['petrel']) {
        say(`${section.name}, round ${round} of ${rounds}, ${name}`)
        await measure(section, name, values).catch((error: unknown) => {
          // One that fails leaves its figure out and costs the others nothing.
          process.exitCode = 1
          process.stderr.write(`${error instanceof Error ? `${error.message}: ${error.cause}` : error}\n`)
        })
      }
    }
  }
  const text = table(values)
  say(`\n${text}`)
  if (out) writeFileSync(out, results(text, started, rounds, binaries && { ...binaries }))

  async function measure(section: Section, name: string, all: Values): Promise<void> {
    mkdirSync(options.folder, { recursive: true })
    const folder = mkdtempSync(join(options.folder, 'petrel-bench-'))
    try {
      const target = name === 'petrel' ? petrelTarget(folder) : upstreamTarget(folder, binaries!)
      record(all, name, await section.measure(target, options.quick ? quickSizes : fullSizes))
      rmSync(folder, { recursive: true })
    } catch (error) {
      throw new Error(`Cannot measure ${section.name} of ${name}: its logs are in ${folder}`, { cause: error })
    }
  }
}

function results(
  text: string,
  started: Date,
  rounds: number,
  binaries: Record<string, string | undefined> | undefined,
): string {
  const version = (file: string | undefined): string =>
    file === undefined ? 'none' : execFileSync(file, ['--version'], { encoding: 'utf8' }).split('\n')[0]!.trim()
  const [cpu] = cpus()
  const rival = binaries
    ? `${version(binaries['apiserver'])} (kube-apiserver), ${version(binaries['etcd'])}`
    : 'not measured: its binaries were not given'
  return `# Results

Written by \`npm run bench\`. Median of ${rounds} rounds, Petrel and upstream by turns in the same run; a ratio above 1 says that
Petrel is better. The load generator is one Node process on the same machine, over TLS with HTTP/1.1 and JSON.

${text}

| | |
|---|---|
| date | ${started.toISOString().slice(0, 10)} |
| machine | ${cpus().length} x ${cpu?.model.trim()}, ${Math.round(totalmem() / 1e9)} GB, Linux ${release()} |
| Petrel | ${petrelVersion()}, Node ${process.version} |
| upstream | ${rival} |

How to read it:

- Petrel always runs whole: API server, controllers and scheduler in one process, every write on disk (fsync) before it is
  acknowledged. Upstream runs kube-apiserver and etcd alone, except for memory, idle processor and scheduling, where the
  controller manager and the scheduler run too, their clients unthrottled.
- \`start to /readyz\` is not the first start over that data.
- \`schedule\` is the time from the first create by 16 clients until every pod has a node. Petrel's nodes are simulated ones, whose
  agents also bring each pod to Running; upstream's are Node objects kept Ready by the bench.
- \`pod start\` is a pod of \`petrel.dev/node\`, from the create to its Ready condition.

To repeat: \`npm run bench\`, with PETREL_BENCH_KUBE_APISERVER, PETREL_BENCH_ETCD, PETREL_BENCH_KUBE_SCHEDULER and
PETREL_BENCH_KUBE_CONTROLLER_MANAGER naming upstream's binaries; \`npm run bench -- --help\` lists the options.
`
}

function petrelVersion(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  try {
    return `commit ${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') ? ' and changes since' : ''}`
  } catch {
    return 'of a checkout without git'
  }
}
