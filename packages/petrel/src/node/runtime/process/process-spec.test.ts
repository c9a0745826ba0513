import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { capabilities } from './capabilities.ts'
import { containerConfig, podConfig } from './pod-fixture.ts'
import { missingProgram, processSpec } from './process-spec.ts'
import { fstabField, quote } from './shell.ts'
import { resolveUser } from './users.ts'

const layer = mkdtempSync(join(tmpdir(), 'petrel-spec-'))
after(() => rmSync(layer, { recursive: true }))
mkdirSync(join(layer, 'etc'))
mkdirSync(join(layer, 'bin'))
writeFileSync(join(layer, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n')
writeFileSync(join(layer, 'etc/group'), 'root:x:0:\napp:x:1001:\nextra:x:2000:app,other\n')
writeFileSync(join(layer, 'bin/tool'), '', { mode: 0o755 })
writeFileSync(join(layer, 'bin/text'), '', { mode: 0o644 })

const users: [string, number | undefined, { uid: number; gid: number; groups: number[]; home: string }][] = [
  ['', undefined, { uid: 0, gid: 0, groups: [0], home: '/root' }],
  ['app', undefined, { uid: 1000, gid: 1001, groups: [1001, 2000], home: '/home/app' }],
  ['app:extra', undefined, { uid: 1000, gid: 2000, groups: [2000], home: '/home/app' }],
  ['1000', undefined, { uid: 1000, gid: 1001, groups: [1001, 2000], home: '/home/app' }],
  ['4242:77', undefined, { uid: 4242, gid: 77, groups: [77], home: '/' }],
  ['app', 5000, { uid: 5000, gid: 0, groups: [0], home: '/' }],
]
for (const [imageUser, runAsUser, expected] of users) {
  test(`resolveUser() takes "${imageUser}" with runAsUser ${runAsUser}`, () => {
    assert.deepEqual(
      resolveUser(imageUser, { supplementalGroups: [], ...(runAsUser !== undefined ? { runAsUser } : {}) }, [layer]),
      expected,
    )
  })
}

test('resolveUser() refuses names that the image does not have', () => {
  assert.throws(() => resolveUser('nobody', { supplementalGroups: [] }, [layer]), /unable to find user nobody/)
  assert.throws(() => resolveUser('app:none', { supplementalGroups: [] }, [layer]), /unable to find group none/)
})

const image = {
  id: 'x',
  layers: [layer],
  config: {
    user: '',
    env: ['PATH=/bin', 'A=image'],
    entrypoint: ['entry'],
    cmd: ['arg'],
    workingDir: '/srv',
    stopSignal: '',
    diffIds: [],
  },
}
const words: [string[], string[], string[]][] = [
  [[], [], ['entry', 'arg']],
  [[], ['other'], ['entry', 'other']],
  [['command'], [], ['command']],
  [['command'], ['other'], ['command', 'other']],
]
for (const [command, args, expected] of words) {
  test(`processSpec() runs ${expected.join(' ')} for command [${command}] and args [${args}]`, () => {
    const spec = processSpec(image, containerConfig('', { command, args }), podConfig('/x'))
    assert.deepEqual([spec.argv, spec.cwd], [expected, '/srv'])
  })
}

test('processSpec() lets the pod go before the image, and refuses impossible names', () => {
  const spec = processSpec(image, containerConfig('', { env: [{ name: 'A', value: 'pod' }] }), podConfig('/x'))
  assert.deepEqual(spec.env, ['PATH=/bin', 'HOSTNAME=pod-host', 'A=pod', 'HOME=/root'])
  assert.throws(() => processSpec(image, containerConfig('', { env: [{ name: 'A=B', value: '' }] }), podConfig('/x')), {
    reason: 'CreateContainerError',
  })
  assert.throws(
    () =>
      processSpec(
        { ...image, config: { ...image.config, entrypoint: [], cmd: [] } },
        containerConfig('', { command: [] }),
        podConfig('/x'),
      ),
    /no command specified/,
  )
})

const programs: [string, string[], string | undefined][] = [
  ['tool', [], undefined],
  ['/bin/tool', [], undefined],
  ['text', [], 'exec: "text": permission denied'],
  ['none', [], 'exec: "none": executable file not found in $PATH'],
  ['/none', [], 'exec: "/none": stat /none: no such file or directory'],
  ['/opt/none', ['/opt'], undefined],
]
for (const [program, mounts, expected] of programs) {
  test(`missingProgram() says ${expected ?? 'nothing'} of ${program}`, () => {
    const spec = processSpec(image, containerConfig('', { command: [program] }), podConfig('/x'))
    assert.equal(missingProgram([layer], spec, mounts), expected)
  })
}

test('capabilities() takes ALL and names with or without CAP_', () => {
  const base = containerConfig('').securityContext
  assert.equal(capabilities({ ...base, privileged: true }), 'all')
  assert.deepEqual(capabilities({ ...base, dropCapabilities: ['ALL'], addCapabilities: ['CAP_CHOWN', 'kill'] }), [
    'chown',
    'kill',
  ])
  assert.ok(!capabilities({ ...base, dropCapabilities: ['NET_RAW'] }).includes('net_raw'))
  assert.equal(capabilities({ ...base, addCapabilities: ['ALL'] }).length, 41)
})

test('quote() and fstabField() keep what is special from being special', () => {
  assert.equal(quote(`a'b $(c)`), `'a'\\''b $(c)'`)
  assert.equal(fstabField('a b\\c\n'), 'a\\040b\\134c\\012')
  assert.throws(() => quote('a\0b'), RangeError)
})
