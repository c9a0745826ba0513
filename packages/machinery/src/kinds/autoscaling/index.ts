/** The kinds of autoscaling, version by version. */
import type { Kind } from '../kind.ts'
import { horizontalPodAutoscalers, horizontalPodAutoscalersV1 } from './horizontal-pod-autoscaler.ts'

export const autoscalingKinds: readonly Kind[] = [horizontalPodAutoscalers, horizontalPodAutoscalersV1]

export { horizontalPodAutoscalers, horizontalPodAutoscalersV1 }
