/** `petrel image`: through the running Petrel where there is one, else on its image store directly. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { askPetrel, type ImageLine } from '../control-socket.ts'
import { type DataFolder, dataFolder } from '../data-folder.ts'

interface Options {
  readonly dataDir?: string
}

export async function loadImage(file: string, options: Options & { readonly name?: string }): Promise<void> {
  const data = dataFolder(options.dataDir)
  const query = options.name === undefined ? '' : `?name=${encodeURIComponent(options.name)}`
  const source = () => (file === '-' ? process.stdin : createReadStream(file))
  let images: readonly ImageLine[] | undefined
  if (await askPetrel(data, 'GET', '/status'))
    images = await askPetrel<ImageLine[]>(data, 'POST', `/images${query}`, source())
  else
    images = (
      await (await openStore(data)).load(source(), options.name === undefined ? {} : { name: options.name })
    ).map(lineOf)
  for (const { id, names } of images ?? []) process.stdout.write(`loaded ${names.join(', ') || id}\n`)
}

export async function listImages(options: Options): Promise<void> {
  const data = dataFolder(options.dataDir)
  const images =
    (await askPetrel<ImageLine[]>(data, 'GET', '/images')) ?? (await (await openStore(data)).list()).map(lineOf)
  const rows = images.flatMap(({ id, names, sizeBytes }) =>
    (names.length > 0 ? names : ['<none>']).map(name => [
      name,
      id.replace('sha256:', '').slice(0, 12),
      `${(sizeBytes / 1e6).toFixed(1)} MB`,
    ]),
  )
  const width = Math.max(5, ...rows.map(([name]) => name!.length))
  process.stdout.write(`${'IMAGE'.padEnd(width)}  ID            SIZE\n`)
  for (const [name, id, size] of rows) process.stdout.write(`${name!.padEnd(width)}  ${id!.padEnd(12)}  ${size}\n`)
}

export async function removeImage(reference: string, options: Options): Promise<void> {
  const data = dataFolder(options.dataDir)
  const done = await askPetrel(data, 'DELETE', `/images?name=${encodeURIComponent(reference)}`)
  if (done === undefined) await (await openStore(data)).remove(reference)
  process.stdout.write(`removed ${reference}\n`)
}

async function openStore(data: DataFolder) {
  const { ImageStore } = await import('../../node/index.ts')
  return new ImageStore({ directory: join(data.node, 'images') })
}

function lineOf({
  id,
  repoTags,
  repoDigests,
  sizeBytes,
}: {
  id: string
  repoTags: readonly string[]
  repoDigests: readonly string[]
  sizeBytes: number
}): ImageLine {
  return { id, names: [...repoTags, ...repoDigests], sizeBytes }
}
