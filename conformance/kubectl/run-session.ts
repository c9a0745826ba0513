/**
 * Runs scenes with one kubectl against one server: a subtest per step. A step that fails does not keep the later ones
 * from being tried, so that one fault shows as what it is.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Kubectl } from './find-kubectls.ts'
import type { KnownFailures } from './known-failures.ts'
import { mismatch } from './match-text.ts'
import { splitWords } from './split-words.ts'
import type { Scene, Step } from './step.ts'

export interface Session {
  readonly kubectl: Kubectl
  readonly kubeconfig: string
  /** Where relative paths of command lines lead. */
  readonly folder: string
  /** HOME of the commands: kubectl keeps its caches there. */
  readonly home: string
  readonly known: KnownFailures
  /** `{name}` in command lines, besides what steps keep. */
  readonly values?: Readonly<Record<string, string>>
}

const stepTimeoutMs = 120_000
const eventuallyMs = 60_000
const retryMs = 100
/** How long what runs meanwhile may take to show what it must, once the other step is done. */
const meanwhileMs = 20_000

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export async function runScenes(t: TestContext, session: Session, scenes: readonly Scene[]): Promise<void> {
  const kept = new Map<string, string>(Object.entries(session.values ?? {}))
  for (const scene of scenes) {
    await t.test(scene.name, async t => {
      for (const step of scene.steps) {
        const { minor } = session.kubectl
        if (minor < (step.from ?? 0) || minor > (step.to ?? Number.POSITIVE_INFINITY)) continue
        await t.test(step.run.split('\n')[0]!, () => session.known.judge(step.run, () => runStep(step, session, kept)))
      }
    })
  }
}

async function runStep(step: Step, session: Session, kept: Map<string, string>): Promise<void> {
  const beside = step.meanwhile && start(step.meanwhile, session, kept)
  try {
    if (step.meanwhile?.first && beside) await printed(step.meanwhile.first, beside)
    const deadline = performance.now() + eventuallyMs
    for (;;) {
      const outcome = await start(step, session, kept).done
      const wrong = verdict(step, outcome)
      if (wrong === undefined) {
        if (step.keep) kept.set(step.keep, outcome.stdout.trim())
        break
      }
      if (!step.eventually || performance.now() > deadline) throw new Error(wrong)
      await delay(retryMs)
    }
    if (step.meanwhile && beside) await settle(step.meanwhile, beside)
  } finally {
    beside?.child.kill('SIGKILL')
    // Its port is free again only then.
    await beside?.done
  }
}

async function printed(first: RegExp, running: Running): Promise<void> {
  const deadline = performance.now() + meanwhileMs
  while (!first.test(running.soFar().stdout)) {
    const { stdout, stderr } = running.soFar()
    if (running.child.exitCode !== null) throw new Error(`ended before it printed ${first}:\n${stdout}${stderr}`)
    if (performance.now() > deadline) throw new Error(`did not print ${first} in time:\n${stdout}${stderr}`)
    await delay(retryMs)
  }
}

/** Waits until what ran meanwhile has shown what it must, and stops it. */
async function settle(step: Step, running: Running): Promise<void> {
  const deadline = performance.now() + meanwhileMs
  while (running.child.exitCode === null) {
    if (verdict(step, { code: step.exit ?? 0, ...running.soFar() }) === undefined) return
    if (performance.now() > deadline) break
    await delay(retryMs)
  }
  const code = running.child.exitCode ?? step.exit ?? 0
  const wrong = verdict(step, { code, ...running.soFar() })
  if (wrong !== undefined) throw new Error(wrong)
}

interface Running {
  readonly child: ChildProcess
  readonly done: Promise<Outcome>
  soFar(): { stdout: string; stderr: string }
}

function start(step: Step, session: Session, kept: ReadonlyMap<string, string>): Running {
  const line = step.run.replaceAll(/\{(\w+)\}/g, (whole, name: string) => kept.get(name) ?? whole)
  const words = [session.kubectl.path, ...splitWords(line)]
  // script(1) gives it a terminal, and ends as it ended.
  const typed = words.map(word => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
  const inTerminal = `stty rows 33 columns 111; exec ${typed}`
  const [program, ...args] = step.terminal ? ['script', '-qefc', inTerminal, '/dev/null'] : words
  const child = spawn(program!, args, {
    cwd: session.folder,
    env: {
      PATH: process.env['PATH'],
      HOME: session.home,
      KUBECONFIG: session.kubeconfig,
      ...step.env,
    },
    stdio: 'pipe',
    timeout: stepTimeoutMs,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // A command that ends before it has read all of its input is judged by how it ended.
  child.stdin.on('error', () => undefined)
  // The end of its input is one more key to a terminal.
  if (step.terminal) child.stdin.write(step.stdin ?? '')
  else child.stdin.end(step.stdin)
  return {
    child,
    done: new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', code => resolve({ code, stdout, stderr }))
    }),
    soFar: () => ({ stdout, stderr }),
  }
}

function verdict(step: Step, { code, stdout, stderr }: Outcome): string | undefined {
  const wanted = step.exit ?? 0
  const told = (what: string): string => `$ kubectl ${step.run}\n${what}`
  if (code !== wanted) return told(`ended with ${code}, not ${wanted}\n${stdout}${stderr}`)
  const out = step.stdout === undefined ? undefined : mismatch(stdout, step.stdout)
  if (out !== undefined) return told(`stdout ${out}`)
  const expectedError = step.stderr ?? (wanted === 0 ? '' : undefined)
  const err = expectedError === undefined ? undefined : mismatch(stderr, expectedError)
  return err === undefined ? undefined : told(`stderr ${err}`)
}
