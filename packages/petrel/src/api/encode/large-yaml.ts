/**
 * YAML bodies that are too long for the event loop, read on a thread of their own: of the worst text the parser makes a
 * few hundred KB a second, and hundreds of bytes of nodes of each byte. One body at a time; those that wait and the
 * memory have a bound.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { decodeYaml } from '@petrel/machinery/codec'
import { DecodeError } from '@petrel/machinery/schema'
import { tooLarge, tooManyRequests } from '@petrel/machinery/status'

/** Shorter bodies are read where they arrive: some tens of milliseconds at the worst. */
export const shortYamlBytes = 16 * 1024
/** More bodies than this, the one that is read included, are not kept waiting. */
const bodiesLimit = 8
const memoryMb = 512

/** What the thread answers: the value as JSON, or the words of a DecodeError. */
type Outcome = { readonly json: string } | { readonly refused: string }

let bodies = 0
let last: Promise<unknown> = Promise.resolve()

/** The JSON value of one document. Rejects with DecodeError, 413 or 429. */
export async function decodeLargeYaml(bytes: Uint8Array): Promise<unknown> {
  if (bodies >= bodiesLimit) {
    throw tooManyRequests('too many large YAML bodies are waiting to be read, please try again later', 1)
  }
  bodies++
  const outcome = last.then(() => readOnThread(bytes))
  last = outcome.catch(() => undefined)
  try {
    const read = await outcome
    if ('refused' in read) throw new DecodeError(read.refused)
    return JSON.parse(read.json)
  } finally {
    bodies--
  }
}

function readOnThread(bytes: Uint8Array): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {
      name: 'petrel-yaml',
      workerData: { largeYaml: bytes },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    })
    worker.once('message', resolve)
    worker.once('error', (error: NodeJS.ErrnoException) => {
      const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      reject(isFull ? tooLarge(`Request entity too large: its YAML takes more than ${memoryMb} MB to read`) : error)
    })
    worker.once('exit', code => reject(new Error(`the thread that reads YAML exited with ${code}`)))
  })
}

async function readHere(bytes: Uint8Array): Promise<Outcome> {
  try {
    return { json: JSON.stringify(await decodeYaml(bytes)) }
  } catch (error) {
    if (error instanceof DecodeError) return { refused: error.message }
    throw error
  }
}

const given = (workerData as { readonly largeYaml?: Uint8Array } | undefined | null)?.largeYaml
if (!isMainThread && given) parentPort?.postMessage(await readHere(given))
