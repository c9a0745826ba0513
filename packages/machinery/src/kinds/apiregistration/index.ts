/** The kinds of apiregistration.k8s.io, version by version. */
import type { Kind } from '../kind.ts'
import { apiServices } from './api-service.ts'

export const apiregistrationKinds: readonly Kind[] = [apiServices]

export { apiServices }
