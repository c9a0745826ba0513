import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkLayering, importsOf } from './layering.ts'

/** Writes the files into a fresh folder and returns the faults found in it. */
function faultsOf(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'layering-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), text)
    }
    return checkLayering(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

const petrel = 'packages/petrel/src'
const machinery = 'packages/machinery/src'

const cases: readonly { name: string; files: Record<string, string>; faults: RegExp[] }[] = [
  {
    name: 'accepts an import of a lower floor through its door',
    files: { [`${petrel}/base/index.ts`]: '', [`${petrel}/store/a.ts`]: "import { x } from '../base/index.ts'" },
    faults: [],
  },
  {
    name: 'refuses an import that goes up',
    files: { [`${petrel}/store/index.ts`]: '', [`${petrel}/base/a.ts`]: "import { x } from '../store/index.ts'" },
    faults: [/base imports store, which is not below it/],
  },
  {
    name: 'refuses an import of a sibling',
    files: { [`${petrel}/node/index.ts`]: '', [`${petrel}/control/a.ts`]: "import type { X } from '../node/index.ts'" },
    faults: [/control imports node/],
  },
  {
    name: 'refuses to enter a folder beside its door',
    files: {
      [`${petrel}/base/index.ts`]: '',
      [`${petrel}/base/b.ts`]: '',
      [`${petrel}/store/a.ts`]: "import {\n  x,\n} from '../base/b.ts'",
    },
    faults: [/store\/a\.ts:3: enters base by b\.ts/],
  },
  {
    name: 'refuses a door passed inside one floor',
    files: {
      [`${petrel}/api/http/index.ts`]: '',
      [`${petrel}/api/http/b.ts`]: '',
      [`${petrel}/api/a.ts`]: "import './http/b.ts'",
    },
    faults: [/enters api\/http by b\.ts/],
  },
  {
    name: 'refuses a cycle',
    files: {
      [`${petrel}/base/a.ts`]: "export { b } from './b.ts'",
      [`${petrel}/base/b.ts`]: "export { a } from './a.ts'",
    },
    faults: [/cycle: .*a\.ts → .*b\.ts → .*a\.ts/],
  },
  {
    name: 'refuses node: in the machinery, but not in its tests',
    files: {
      [`${machinery}/status/a.ts`]: "import fs from 'node:fs'",
      [`${machinery}/status/a.test.ts`]: "import fs from 'node:fs'",
    },
    faults: [/status\/a\.ts:1: imports node:fs/],
  },
  {
    name: 'refuses a folder nobody has ranked',
    files: { [`${petrel}/base/index.ts`]: '', [`${petrel}/misc/a.ts`]: "import '../base/index.ts'" },
    faults: [/folder misc has no rank/],
  },
]

for (const { name, files, faults } of cases) {
  test(`checkLayering() ${name}`, () => {
    const found = faultsOf(files)
    assert.equal(found.length, faults.length, found.join('\n'))
    for (const [i, fault] of faults.entries()) assert.match(found[i]!, fault)
  })
}

test('importsOf() finds static, re-exporting, bare and dynamic imports', () => {
  const source = "import a from './a.ts'\nexport * from './b.ts'\nimport './c.ts'\nconst d = await import('./d.ts')\n"
  assert.deepEqual(
    importsOf(source).map(i => i.specifier),
    ['./a.ts', './b.ts', './c.ts', './d.ts'],
  )
})
