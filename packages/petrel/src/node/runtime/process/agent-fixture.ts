/** For tests: an agent to be killed. Starts the containers named on its command line (JSON) and prints their ids. */
import { containerConfig, podConfig, startNode } from './pod-fixture.ts'

const [folder = '', scripts = '[]'] = process.argv.slice(2)
const node = await startNode({}, folder)
const sandboxId = await node.runtime.runPodSandbox(podConfig(folder))
const ids: string[] = []
for (const [i, script] of (JSON.parse(scripts) as string[]).entries()) {
  const id = await node.runtime.createContainer(
    sandboxId,
    containerConfig(script, { name: `c${i}`, logPath: `c${i}/0.log`, stdin: true }),
  )
  await node.runtime.startContainer(id)
  ids.push(id)
}
process.stdout.write(`${JSON.stringify({ sandboxId, ids })}\n`)
setInterval(() => {}, 1 << 30)
