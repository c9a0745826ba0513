import type { Client } from '../../client/index.ts'
export function startSimulatedNodes(_n: number, _parts: { clientFor(name: string): Client; [k: string]: unknown }): { close(): Promise<void> } { throw new Error('no') }
