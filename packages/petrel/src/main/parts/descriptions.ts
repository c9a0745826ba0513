/**
 * What types and fields of the API mean, for `kubectl explain`: upstream's texts, which the set-up takes out of the
 * installed packages (scripts/generate/descriptions.ts). A server without the file serves the same schemas unexplained.
 */
import { readFile } from 'node:fs/promises'
import type { AllDocs } from '@petrel/machinery/openapi'
import type { Logger } from '../../base/index.ts'

export const descriptionsFile = new URL('../../../../../node_modules/.cache/petrel/descriptions.json', import.meta.url)

/** Reads when called and keeps nothing: the documents made from it are kept, and each is made once. */
export function descriptions(log: Logger, file: URL = descriptionsFile): () => Promise<AllDocs> {
  let reading: Promise<AllDocs> | undefined
  let told = false
  const read = async (): Promise<AllDocs> => {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as AllDocs
    } catch (err) {
      if (!told) log.warn('OpenAPI has no descriptions: they cannot be read', { file: file.pathname, err })
      told = true
      return {}
    }
  }
  return () => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
}
