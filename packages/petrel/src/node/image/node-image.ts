/**
 * `petrel.dev/node`: an image that needs no registry, made from this machine when it is first used. It holds the
 * running Node binary with its shared libraries, a shell (a static busybox with all its applets, else dash), users,
 * certificates and the usual empty folders, as one layer. Files are hard links where the file system allows it, so
 * that 120 MB of Node cost neither time nor space; containers see them through overlayfs and cannot change them.
 *
 * The id is the digest of the config, which names the exact files: another Node gives another image.
 */
import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Image, RuntimeError } from '../runtime/index.ts'
import { hostPlatform, type ImageConfig, parseImageConfig, sha256 } from './oci.ts'

const run = promisify(execFile)
const name = 'petrel.dev/node'

interface Built {
  readonly id: string
  readonly layers: readonly string[]
  readonly config: ImageConfig
  readonly image: Image
}

/** Whether a reference means this image: without a tag, `latest`, or (a prefix of) the version of this Node. */
export function isNodeImage(reference: string): boolean {
  if (reference === name) return true
  if (!reference.startsWith(`${name}:`)) return false
  const tag = reference.slice(name.length + 1)
  return tag === 'latest' || `${process.versions.node}.`.startsWith(`${tag}.`)
}

export class NodeImage {
  readonly #directory: string
  #built: Built | undefined
  #building: Promise<Built> | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  /** The image if it was asked for already. */
  built(): Built | undefined {
    return this.#built
  }

  /** Builds the image, or finds it built. */
  ensure(): Promise<Built> {
    this.#building ??= this.#build().catch((cause: unknown) => {
      this.#building = undefined
      throw new RuntimeError('ErrImagePull', `cannot make ${name} from this machine's Node: ${String(cause)}`, {
        cause,
      })
    })
    return this.#building
  }

  async #build(): Promise<Built> {
    const node = fs.realpathSync(process.execPath)
    const busybox = await staticBusybox()
    const shell = busybox === undefined ? firstExisting(['/usr/bin/dash', '/bin/dash', '/bin/sh']) : undefined
    const files = new Map<string, string>([[node, 'usr/local/bin/node']])
    if (busybox) files.set(busybox, 'bin/busybox')
    if (shell) files.set(shell, 'bin/sh')
    for (const binary of [node, shell]) {
      for (const library of binary ? await libraries(binary) : []) files.set(library, library.slice(1))
    }
    const certificates = firstExisting(['/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/cert.pem'])
    if (certificates) files.set(certificates, 'etc/ssl/certs/ca-certificates.crt')

    const listing = [...files].map(([from, to]) => {
      const { size, mtimeMs } = fs.statSync(from)
      return `${to} ${from} ${size} ${Math.floor(mtimeMs)}`
    })
    const diffId = sha256(`layout 1\n${listing.join('\n')}`)
    const document = JSON.stringify({
      ...hostPlatform(),
      config: {
        Env: [
          'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
          `NODE_VERSION=${process.versions.node}`,
        ],
        Entrypoint: [],
        Cmd: ['node'],
        WorkingDir: '/',
      },
      rootfs: { type: 'layers', diff_ids: [diffId] },
    })
    const id = sha256(document)
    const root = join(this.#directory, id.slice(7, 39))
    if (!fs.existsSync(root)) await this.#fill(root, files, busybox !== undefined)
    const sizeBytes = [...files.keys()].reduce((sum, from) => sum + fs.statSync(from).size, 0)
    const image: Image = {
      id,
      repoTags: [`${name}:latest`, `${name}:${process.versions.node}`],
      repoDigests: [],
      sizeBytes,
      user: '',
    }
    this.#built = {
      id,
      layers: [root],
      config: parseImageConfig(JSON.parse(document) as Record<string, unknown>),
      image,
    }
    return this.#built
  }

  async #fill(root: string, files: ReadonlyMap<string, string>, busybox: boolean): Promise<void> {
    fs.mkdirSync(this.#directory, { recursive: true })
    const draft = fs.mkdtempSync(join(this.#directory, 'tmp-'))
    fs.chmodSync(draft, 0o755)
    const folders = [
      'bin',
      'dev',
      'etc',
      'home/node',
      'proc',
      'root',
      'run',
      'sys',
      'usr/bin',
      'usr/local/bin',
      'var/lib',
      'var/log',
      'tmp',
      'var/tmp',
    ]
    for (const folder of folders) fs.mkdirSync(join(draft, folder), { recursive: true, mode: 0o755 })
    for (const folder of ['tmp', 'var/tmp']) fs.chmodSync(join(draft, folder), 0o1777)
    fs.chmodSync(join(draft, 'root'), 0o700)
    const users = [
      'root:x:0:0:root:/root:/bin/sh',
      'node:x:1000:1000:node:/home/node:/bin/sh',
      'nobody:x:65534:65534:nobody:/:/bin/false',
    ]
    fs.writeFileSync(join(draft, 'etc/passwd'), `${users.join('\n')}\n`)
    fs.writeFileSync(join(draft, 'etc/group'), 'root:x:0:\ntty:x:5:\nnode:x:1000:\nnogroup:x:65534:\n')
    fs.writeFileSync(join(draft, 'etc/nsswitch.conf'), 'hosts: files dns\n')
    for (const [from, to] of files) place(fs.realpathSync(from), join(draft, to))
    if (process.getuid?.() === 0) fs.chownSync(join(draft, 'home/node'), 1000, 1000)
    if (busybox) {
      const { stdout } = await run(join(draft, 'bin/busybox'), ['--list'])
      for (const applet of stdout.split('\n')) {
        if (/^[\w.[-]+$/.test(applet) && applet !== 'busybox') fs.symlinkSync('busybox', join(draft, 'bin', applet))
      }
    }
    fs.renameSync(draft, root)
  }
}

/** A hard link, else a reflink, else a copy. A link shares owner and mode, so these must do for everyone. */
function place(from: string, to: string): void {
  fs.mkdirSync(dirname(to), { recursive: true, mode: 0o755 })
  if ((fs.statSync(from).mode & 0o055) === 0o055 || !to.includes('/bin/')) {
    try {
      fs.linkSync(from, to)
      return
    } catch (error) {
      // Another file system, or not ours to link (fs.protected_hardlinks): then it is copied.
      if (!['EXDEV', 'EPERM', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE)
  fs.chmodSync(to, 0o755)
}

/** Shared libraries with the loader, as real files at the names under which they are looked up. */
async function libraries(binary: string): Promise<string[]> {
  if (process.platform !== 'linux') return []
  const { stdout } = await run('ldd', [binary]).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }))
  return [...stdout.matchAll(/(?:^|\s)(\/\S+) \(0x/gm)].flatMap(([, path]) => path ?? [])
}

async function staticBusybox(): Promise<string | undefined> {
  const path = firstExisting(['/bin/busybox', '/usr/bin/busybox', '/bin/busybox.static'])
  if (path === undefined) return undefined
  const linked = await libraries(path)
  return linked.length === 0 ? fs.realpathSync(path) : undefined
}

function firstExisting(paths: readonly string[]): string | undefined {
  return paths.find(path => fs.existsSync(path))
}
