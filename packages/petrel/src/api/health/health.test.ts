import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../testing/start-server.ts'

test("health checks answer in upstream's text", async () => {
  const server = startServer()
  let problem: string | undefined
  server.server.health.add('late', 'ready', () => problem)
  const cases: [string, string | undefined, number, string][] = [
    ['/healthz', undefined, 200, 'ok'],
    ['/livez', 'x', 200, 'ok'],
    ['/livez?verbose', undefined, 200, '[+]ping ok\nlivez check passed\n'],
    ['/readyz/late', undefined, 200, 'ok'],
    ['/readyz/late', 'not yet', 500, 'internal server error: not yet\n'],
    [
      '/readyz',
      'not yet',
      500,
      '[+]ping ok\n[+]store ok\n[+]shutdown ok\n[-]late failed: reason withheld\nreadyz check failed\n',
    ],
    ['/readyz?exclude=late', 'not yet', 200, 'ok'],
    [
      '/livez?verbose&exclude=nix',
      undefined,
      200,
      '[+]ping ok\nwarn: some health checks cannot be excluded: no matches for "nix"\nlivez check passed\n',
    ],
  ]
  for (const [target, given, code, body] of cases) {
    problem = given
    const answer = await server.call('GET', target)
    assert.deepEqual([answer.code, answer.body], [code, body], target)
  }
  assert.equal((await server.call('GET', '/readyz/nix')).code, 404)
  await server.close()
})
