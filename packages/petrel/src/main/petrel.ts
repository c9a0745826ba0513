/**
 * The program. Compiled code is cached beside the packages, so that the second start does not strip types again; this must
 * come before anything else is loaded. `./petrel` names the same folder, so that this file is cached too.
 */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

enableCompileCache(join(import.meta.dirname, '../../../../node_modules/.cache/petrel/compile'))
// What is started from here has a cache of its own, or none.
delete process.env['NODE_COMPILE_CACHE']
const { run } = await import('./cli.ts')
await run(process.argv)
