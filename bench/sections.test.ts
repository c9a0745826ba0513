/** Every section runs to its end at a tiny size and gives figures. How large they are is nobody's business here. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { petrelTarget } from './petrel.ts'
import { type Sizes, sections } from './sections.ts'

const tiny: Sizes = {
  starts: 1,
  idleSeconds: 0.1,
  creates: 10,
  requests: 20,
  listed: 20,
  deliveries: 40,
  watchers: [4],
  nodes: 2,
  pods: 6,
  podStarts: 1,
}

/** Needs rights that not every machine gives; the node's own tests run it. */
const elsewhere = new Set(['pod-start'])

for (const section of sections.filter(({ name }) => !elsewhere.has(name))) {
  test(`section ${section.name} measures Petrel`, async t => {
    const folder = mkdtempSync(join(tmpdir(), 'petrel-bench-test-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const figures = await section.measure(petrelTarget(folder), tiny)
    assert.ok(figures.length > 0)
    for (const { name, value } of figures) assert.ok(Number.isFinite(value) && value >= 0, `${name}: ${value}`)
  })
}
