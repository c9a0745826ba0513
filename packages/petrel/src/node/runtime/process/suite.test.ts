import { runtimeSuite } from '../suite.ts'
import { startNode, whyNoContainers } from './pod-fixture.ts'

runtimeSuite('process', {
  skip: whyNoContainers(),
  runsNothing: false,
  async open() {
    const node = await startNode()
    return {
      runtime: node.runtime,
      folder: node.folder,
      image: 'petrel.dev/node',
      // Nobody listens there, so that no network is needed to fail.
      missingImage: '127.0.0.1:1/absent:1',
      [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
    }
  },
})
