export type { NodeListener, NodeListenOptions } from './listen.ts'
export { createNodeServer, type NodeServer, type NodeServerOptions } from './node-server.ts'
