/** The kinds of batch, version by version. */
import type { Kind } from '../kind.ts'
import { cronJobs } from './cron-job.ts'
import { jobs } from './job.ts'

export const batchKinds: readonly Kind[] = [cronJobs, jobs]

export { cronJobs, jobs }
