/** A damaged database is refused in words that say what to do; a full disk refuses writes, keeps reads, and passes. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { startPetrelProcess } from '../real/petrel-process.ts'
import { apiClient, eventually } from './api-client.ts'

const args = ['--runtime', 'none']
const collection = '/api/v1/namespaces/default/configmaps'

test('a damaged database is refused with the file and the way out, and --salvage takes it', async t => {
  let petrel = await startPetrelProcess(args)
  t.after(() => petrel.remove())
  const client = apiClient(petrel.kubeconfig)
  for (let i = 0; i < 50; i++) {
    await client.call('POST', collection, { metadata: { name: `c${i}` }, data: { text: 'x'.repeat(2_000) } })
  }
  client.close()
  petrel.kill('SIGTERM')
  assert.equal(await petrel.ended, 0)
  const database = join(petrel.data, 'petrel.db')
  const { size } = statSync(database)
  const file = openSync(database, 'r+')
  // A page in the middle; the first ones say where all others are.
  writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, Math.floor(size / 2 / 4_096) * 4_096)
  closeSync(file)
  await assert.rejects(petrel.restart(args), (error: Error) => {
    assert.match(error.message, /petrel up ended with 1/)
    assert.ok(error.message.includes(database), error.message)
    assert.match(error.message, /--salvage/)
    return true
  })
  petrel = await petrel.restart([...args, '--salvage'])
  const again = apiClient(petrel.kubeconfig)
  assert.equal((await again.call('GET', collection)).code, 200)
  assert.equal((await again.call('POST', collection, { metadata: { name: 'after' } })).code, 201)
  again.close()
})

describe('a full disk', { skip: process.getuid?.() === 0 ? false : 'mounting a small disk takes root' }, () => {
  const disk = mkdtempSync(join(tmpdir(), 'petrel-disk-'))
  after(() => {
    execFileSync('umount', ['--lazy', disk])
    rmSync(disk, { recursive: true })
  })

  test('writes are refused with 5xx in words, reads go on, and room is all it takes to recover', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk])
    const petrel = await startPetrelProcess([...args, '--data-dir', disk])
    const client = apiClient(join(disk, 'admin.kubeconfig'))
    const write = (name: string) =>
      client.call('POST', collection, { metadata: { name }, data: { text: 'x'.repeat(100_000) } })
    assert.equal((await write('before')).code, 201)
    const free = Number(execFileSync('df', ['--output=avail', '-k', disk]).toString().trim().split('\n')[1])
    const ballast = join(disk, 'ballast')
    writeFileSync(ballast, Buffer.alloc((free - 300) * 1024))
    const acknowledged: string[] = []
    let refused: { code: number; message: string | undefined } | undefined
    for (let i = 0; i < 100 && !refused; i++) {
      const { code, body } = await write(`c${i}`)
      if (code === 201) acknowledged.push(`c${i}`)
      else refused = { code, message: body.message }
    }
    assert.ok(refused, 'the disk was never full')
    assert.ok(refused.code >= 500, `${refused.code} ${refused.message}`)
    assert.match(refused.message ?? '', /disk|full|space/i)
    assert.equal((await client.call('GET', `${collection}/before`)).code, 200)

    rmSync(ballast)
    await eventually('a write to hold again', async () => ((await write('after')).code === 201 ? true : undefined))
    client.close()
    petrel.kill('SIGKILL')
    await petrel.ended
    const next = await petrel.restart([...args, '--data-dir', disk])
    const again = apiClient(join(disk, 'admin.kubeconfig'))
    for (const name of ['before', 'after', ...acknowledged]) {
      assert.equal((await again.call('GET', `${collection}/${name}`)).code, 200, name)
    }
    again.close()
    next.kill('SIGTERM')
    assert.equal(await next.ended, 0)
    await next.remove()
  })
})
