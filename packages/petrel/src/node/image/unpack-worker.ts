/**
 * The worker thread in which layers are unpacked, so that thousands of small synchronous writes hold nobody up.
 * One task per worker: the options come as workerData, the outcome goes back as one message.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { type Unpacked, type UnpackOptions, unpackLayer } from './unpack.ts'

type Outcome = { readonly unpacked: Unpacked } | { readonly error: Error }

/** Runs `unpackLayer` in a worker of its own. */
export function unpackInWorker(options: UnpackOptions): Promise<Unpacked> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { unpack: options } })
    worker.once('message', (outcome: Outcome) => {
      if ('unpacked' in outcome) resolve(outcome.unpacked)
      else reject(outcome.error)
    })
    worker.once('error', reject)
    worker.once('exit', code => reject(new Error(`the worker that unpacks layers exited with ${code}`)))
  })
}

const task = (workerData as { readonly unpack?: UnpackOptions } | null)?.unpack
if (parentPort && task) {
  const port = parentPort
  unpackLayer(task).then(
    unpacked => port.postMessage({ unpacked } satisfies Outcome),
    (error: unknown) =>
      port.postMessage({ error: error instanceof Error ? error : new Error(String(error)) } satisfies Outcome),
  )
}
