/**
 * How the API server reaches a node for log, exec, attach, port-forward and proxy: a connection on which the node
 * speaks HTTP/1.1 with the kubelet's paths (/containerLogs, /exec, /attach, /portForward). The server passes upgrades
 * through as bytes, so WebSocket and SPDY are spoken in one place, the node.
 */
import type { Duplex } from 'node:stream'

export interface NodeDialer {
  /** Rejects when the node is unknown or cannot be reached, in words for the user. */
  dial(nodeName: string): Promise<Duplex>
}
