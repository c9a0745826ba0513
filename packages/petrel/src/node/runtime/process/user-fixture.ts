/** For tests: run by a user who is not root; prints what its containers saw as JSON. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { containerConfig, startNode, startPod, whenEnded } from './pod-fixture.ts'

const folder = process.argv[2] ?? ''
await using node = await startNode({}, join(folder, 'node'))
const first = await startPod(
  node,
  containerConfig('echo $$; hostname; id -u; grep CapBnd /proc/self/status', {
    security: { dropCapabilities: ['ALL'] },
  }),
)
await whenEnded(node.runtime, first.id)
const log = readFileSync(join(node.folder, 'logs/main/0.log'), 'utf8')
const output = log
  .trim()
  .split('\n')
  .map(line => line.split(' ').slice(3).join(' '))
const second = await startPod(
  node,
  containerConfig('trap "exit 143" TERM; echo up; while :; do sleep 0.05; done', {
    security: { runAsUser: 1234 },
    logPath: 'second/0.log',
  }),
)
const result = await node.runtime.execSync(second.id, ['id', '-u'], 5000)
const exec = String(result.stdout) || String(result.stderr)
while (!readFileSync(join(node.folder, 'logs/second/0.log'), { encoding: 'utf8', flag: 'a+' }).includes('up')) {
  await new Promise(resolve => setTimeout(resolve, 10))
}
await node.runtime.stopContainer(second.id, 5000)
const stopped = (await node.runtime.containerStatus(second.id)).exitCode
process.stdout.write(JSON.stringify({ description: node.runtime.description, output, exec, stopped }))
