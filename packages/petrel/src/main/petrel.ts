/**
 * The program. Compiled code is cached beside the packages, so that the second start does not strip types again; this must
 * come before anything else is loaded.
 */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache(join(import.meta.dirname, '../../../../node_modules/.cache/petrel/compile'))
const { run } = await import('./cli.ts')
await run(process.argv)
