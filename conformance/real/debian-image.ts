/**
 * Images out of the programs of this Debian machine: the files, the libraries that they load, and a shell of busybox, in
 * one layer, as `docker save` would write it. So real programs run without a registry.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface DebianImage {
  /** Under which pods ask for it. */
  readonly name: string
  /** Absolute paths of programs; their libraries come along. */
  readonly programs: readonly string[]
  /** Text files to add, by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly command: readonly string[]
}

/** Writes the archive to `file`. */
export async function buildImage(image: DebianImage, file: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'debian-image-'))
  try {
    const root = join(work, 'root')
    for (const folder of ['bin', 'etc', 'tmp', 'data']) mkdirSync(join(root, folder), { recursive: true })
    for (const program of image.programs) for (const path of [program, ...librariesOf(program)]) copyInto(root, path)
    copyInto(root, busybox())
    for (const applet of ['sh', 'cat', 'ls', 'wget', 'nslookup']) symlinkSync(busybox(), join(root, 'bin', applet))
    for (const [path, text] of Object.entries(image.files ?? {})) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text, { mode: 0o755 })
    }
    await writeArchive(work, image, file)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function writeArchive(work: string, image: DebianImage, file: string): Promise<void> {
  execFileSync('tar', ['-C', join(work, 'root'), '--owner=0', '--group=0', '-cf', join(work, 'layer.tar'), '.'])
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Cmd: image.command, Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${await digest(join(work, 'layer.tar'))}`] },
  }
  writeFileSync(join(work, 'config.json'), JSON.stringify(config))
  writeFileSync(
    join(work, 'manifest.json'),
    JSON.stringify([{ Config: 'config.json', RepoTags: [image.name], Layers: ['layer.tar'] }]),
  )
  execFileSync('tar', ['-C', work, '-cf', file, 'manifest.json', 'config.json', 'layer.tar'])
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function busybox(): string {
  const path = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync)
  if (!path) throw new Error('Cannot build an image: busybox is not installed')
  return path
}

/** The loader and every shared library, as the dynamic linker names them; none for a static program. */
function librariesOf(program: string): string[] {
  const printed = execFileSync('ldd', [program], { encoding: 'utf8' })
  return [...printed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path!)
}

/** Keeps the path; what is a link becomes the file. */
function copyInto(root: string, path: string): void {
  const target = join(root, path)
  if (existsSync(target)) return
  mkdirSync(dirname(target), { recursive: true })
  cpSync(realpathSync(path), target)
  if (!statSync(target).isFile()) throw new Error(`Cannot copy ${path} into an image: it is no file`)
}
