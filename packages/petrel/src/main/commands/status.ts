/** `petrel status`: a screen of what runs, from the running process itself. */
import { askPetrel } from '../control-socket.ts'
import { dataFolder } from '../data-folder.ts'
import type { StatusReport } from '../status-report.ts'

export async function status(options: { readonly dataDir?: string }): Promise<void> {
  const data = dataFolder(options.dataDir)
  const report = await askPetrel<StatusReport>(data, 'GET', '/status')
  if (!report) {
    process.stdout.write(`not running (data in ${data.path})\n`)
    process.exitCode = 1
    return
  }
  process.stdout.write(`${format(report).join('\n')}\n`)
  if (report.problems.length > 0) process.exitCode = 1
}

/** At most this many nodes are named one by one. */
const namedNodes = 10

function format(report: StatusReport): string[] {
  const { nodes, pods, store } = report
  const ready = nodes.filter(node => node.ready).length
  const named =
    nodes.length <= namedNodes
      ? `: ${nodes.map(({ name, ready: is }) => (is ? name : `${name} (not ready)`)).join(', ')}`
      : ''
  const phases = Object.entries(pods).map(([phase, count]) => `${count} ${phase}`)
  return [
    report.version,
    `  process  ${report.pid}, up ${report.uptimeSeconds} s, ${report.residentMegabytes} MB`,
    `  api      ${report.url}`,
    ...(store
      ? [`  store    revision ${store.revision}, ${store.keys} objects, ${store.diskMegabytes} MB on disk`]
      : []),
    `  nodes    ${ready} of ${nodes.length} ready${named}`,
    `  pods     ${phases.join(', ') || 'none'}`,
    ...(report.runtime === undefined ? [] : [`  runtime  ${report.runtime}`]),
    ...(report.problems.length === 0 ? ['  well'] : report.problems.map(problem => `  PROBLEM  ${problem}`)),
  ]
}
