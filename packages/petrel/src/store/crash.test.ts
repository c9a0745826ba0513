/**
 * Kills a process that writes, at random moments and round after round on the same file, and holds what is found
 * afterwards against what was acknowledged. PETREL_CRASH_ROUNDS says how many rounds (20), PETREL_CRASH_SEED repeats a run.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { type Rng, seededRng } from '../base/index.ts'
import type { Store, StoreEvent } from './contract.ts'
import type { Report } from './crash-load.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { text } from './suite-words.ts'

const rounds = Number(process.env['PETREL_CRASH_ROUNDS'] ?? 20)
const seed = Number(process.env['PETREL_CRASH_SEED'] ?? Date.now() % 1_000_000)

interface Operation {
  readonly id: string
  readonly keys: readonly string[]
  readonly kind: 'put' | 'delete' | 'lazy'
  /** Undefined while nothing was heard of it, and for ever when the process was killed before. */
  revisions?: readonly number[]
}

/** All that the killed processes said. */
class Journal {
  readonly operations = new Map<string, Operation>()
  /** Who got a revision. */
  readonly owners = new Map<number, { operation: Operation; key: string }>()
  newest = 0

  hear(line: Report): void {
    if (line.type === 'opened') {
      assert.ok(line.revision >= this.newest, `started at ${line.revision}, but ${this.newest} was acknowledged`)
      return
    }
    if (line.type === 'begin') {
      this.operations.set(line.id, { id: line.id, keys: line.keys, kind: line.kind })
      return
    }
    const operation = this.operations.get(line.id)!
    if (line.type === 'refused') {
      this.operations.delete(line.id)
      return
    }
    operation.revisions = line.revisions
    for (const [i, revision] of line.revisions.entries()) {
      if (revision === 0) continue
      assert.equal(this.owners.has(revision), false, `revision ${revision} was given twice`)
      this.owners.set(revision, { operation, key: operation.keys[i]! })
      this.newest = Math.max(this.newest, revision)
    }
  }
}

test(`an acknowledged write survives kill -9, ${rounds} times (seed ${seed})`, { timeout: 600_000 }, async t => {
  const directory = mkdtempSync(join(tmpdir(), 'petrel-crash-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'petrel.db')
  const rng = seededRng(seed)
  const journal = new Journal()
  for (let round = 0; round < rounds; round++) {
    await runAndKill(path, round, rng, journal)
    // Now and then the next process finds the crash of this one, and crashes itself.
    if (rng.next() < 0.3 && round < rounds - 1) continue
    const store = await openSqliteStore({ path })
    try {
      check(store, journal)
    } finally {
      await store.close()
    }
  }
  const acknowledged = [...journal.operations.values()].filter(operation => operation.revisions)
  const kinds = new Set(acknowledged.map(operation => operation.kind))
  assert.deepEqual([...kinds].sort(), ['delete', 'lazy', 'put'])
  t.diagnostic(`${acknowledged.length} of ${journal.operations.size} operations were acknowledged`)
})

async function runAndKill(path: string, round: number, rng: Rng, journal: Journal): Promise<void> {
  const program = join(import.meta.dirname, 'crash-load.ts')
  const childSeed = Math.floor(rng.next() * 0xffffffff)
  const child = spawn(process.execPath, [program, path, `${childSeed}`, `${round}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  let errors = ''
  child.stderr.on('data', data => {
    errors += data
  })
  // The first round always comes to write; later ones are killed while they open as well.
  const whileOpening = round > 0 && rng.next() < 0.15
  const afterMs = rng.next() * 80
  if (whileOpening) setTimeout(() => child.kill('SIGKILL'), afterMs + 20)
  for await (const line of createInterface(child.stdout)) {
    const report: Report | undefined = parse(line)
    if (!report) continue
    if (report.type === 'opened' && !whileOpening) setTimeout(() => child.kill('SIGKILL'), afterMs)
    journal.hear(report)
  }
  const [, signal] = await closed
  assert.equal(signal, 'SIGKILL', `the program ended by itself: ${errors}`)
}

/** A killed process leaves its last line unfinished. */
function parse(line: string): Report | undefined {
  return line.endsWith('}') ? (JSON.parse(line) as Report) : undefined
}

function check(store: Store, journal: Journal): void {
  assert.ok(store.revision >= journal.newest, `the log is at ${store.revision}, but ${journal.newest} was acknowledged`)
  const events: StoreEvent[] = []
  store.watch('', store.compactedRevision, { events: all => events.push(...all), end() {} })
  checkHistory(events, store.compactedRevision, journal)
  checkState(store, journal)
}

/** Every acknowledged durable write is in the history, batches are whole, expectations held. */
function checkHistory(events: readonly StoreEvent[], compacted: number, journal: Journal): void {
  const byRevision = new Map(events.map(event => [event.revision, event]))
  for (const [revision, { operation, key }] of journal.owners) {
    const event = byRevision.get(revision)
    if (event) {
      assert.equal(event.key, key, `revision ${revision}`)
      assert.equal(event.entry && parts(event).id, operation.kind === 'delete' ? undefined : operation.id)
    } else if (revision > compacted) assert.equal(operation.kind, 'lazy', `revision ${revision} of ${key} is lost`)
  }
  for (const event of events) {
    if (!event.entry) continue
    const { id, index, size, expect } = parts(event)
    assert.ok(journal.operations.has(id), `${event.key} has the value of ${id}, which was refused`)
    for (const [other, at] of [
      [index - 1, event.revision - 1],
      [index + 1, event.revision + 1],
    ] as const) {
      if (other < 0 || other >= size || at <= compacted) continue
      const neighbour = byRevision.get(at)
      assert.ok(neighbour?.entry && parts(neighbour).id === id, `half of the batch ${id} is there`)
    }
    if (expect !== undefined) assert.equal(event.previous?.revision ?? 0, expect, `the expectation of ${id}`)
  }
}

/** Each key has the newest acknowledged value, or one that was under way when the process was killed. */
function checkState(store: Store, journal: Journal): void {
  const newest = new Map<string, { revision: number; operation: Operation }>()
  for (const [revision, { operation, key }] of journal.owners) {
    if (operation.kind !== 'lazy' && revision > (newest.get(key)?.revision ?? 0))
      newest.set(key, { revision, operation })
  }
  const unheard = [...journal.operations.values()].filter(operation => !operation.revisions)
  for (const [key, { revision, operation }] of newest) {
    const entry = store.get(key)
    if (entry?.revision === revision) continue
    if (!entry) {
      const isDeleted =
        operation.kind === 'delete' || unheard.some(other => other.kind === 'delete' && other.keys.includes(key))
      assert.ok(isDeleted, `${key} of revision ${revision} is lost`)
      continue
    }
    assert.ok(entry.revision > revision, `${key} fell back from ${revision} to ${entry.revision}`)
    const id = text(entry)!.split(' ')[0]!
    assert.equal(
      journal.operations.get(id)?.revisions,
      undefined,
      `${key} has the value of ${id} at the wrong revision`,
    )
  }
}

function parts(event: StoreEvent): { id: string; index: number; size: number; expect: number | undefined } {
  const [id, batch, expect] = text(event.entry)!.split(' ')
  const [index, size] = batch!.split('/').map(Number)
  return { id: id!, index: index!, size: size!, expect: expect === '-' ? undefined : Number(expect) }
}
