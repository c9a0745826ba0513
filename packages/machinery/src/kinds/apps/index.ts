/** The kinds of apps, version by version. */
import type { Kind } from '../kind.ts'
import { controllerRevisions } from './controller-revision.ts'
import { daemonSets } from './daemon-set.ts'
import { deployments } from './deployment.ts'
import { replicaSets } from './replica-set.ts'
import { statefulSets } from './stateful-set.ts'

export const appsKinds: readonly Kind[] = [controllerRevisions, daemonSets, deployments, replicaSets, statefulSets]

export { validateAtMost100Percent, validateIntOrPercent } from './int-or-percent.ts'
export { compileSelector, podNameWarnings, validateCounts } from './workload-rules.ts'
export { controllerRevisions, daemonSets, deployments, replicaSets, statefulSets }
