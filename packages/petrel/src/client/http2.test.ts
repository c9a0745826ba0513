import 'reflect-metadata'
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { test } from 'node:test'
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'
import { configMaps, namespaces } from '@petrel/machinery/kinds'
import { eventually, startTestServer } from '../testing/index.ts'
import { httpClient } from './http-client.ts'
import { createInformers } from './informers.ts'

/** A certificate for 127.0.0.1 that signs itself. */
async function selfSigned(): Promise<{ cert: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n` }
}

test('over HTTP/2 with TLS more watches run than one connection carries, beside requests', async () => {
  const server = startTestServer()
  const { cert, key } = await selfSigned()
  const { url } = await server.server.listen({ host: '127.0.0.1', port: 0, tls: { cert, key } })
  const client = httpClient({ server: url, ca: cert })
  const informers = createInformers(client, server)
  const count = 150
  for (let i = 0; i < count; i++) {
    await server.client.create(namespaces, { metadata: { name: `n${i}` } })
    informers.informer(configMaps, { namespace: `n${i}` })
  }
  informers.start()
  await informers.synced()
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      client.create(configMaps, { metadata: { namespace: `n${i}`, name: 'one' } }),
    ),
  )
  await eventually(() => {
    for (let i = 0; i < count; i++) assert.equal(informers.informer(configMaps, { namespace: `n${i}` }).size, 1)
  }, 100_000)
  await informers.close()
  await client.close()
  await server.close()
})

test('a server whose certificate nobody vouches for is refused', async () => {
  const server = startTestServer()
  const { cert, key } = await selfSigned()
  const { url } = await server.server.listen({ host: '127.0.0.1', port: 0, tls: { cert, key } })
  const strict = httpClient({ server: url })
  await assert.rejects(strict.create(namespaces, { metadata: { name: 'a' } }), {
    reason: 'ServiceUnavailable',
    message: /self-signed certificate/,
  })
  await strict.close()
  const careless = httpClient({ server: url, insecureSkipTlsVerify: true })
  assert.equal((await careless.create(namespaces, { metadata: { name: 'a' } })).metadata?.name, 'a')
  await careless.close()
  await server.close()
})
