import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import type { TokenRequest } from '@petrel/machinery/api/authentication-v1'
import { nodes, pods, secrets, serviceAccounts } from '@petrel/machinery/kinds'
import { StatusError } from '@petrel/machinery/status'
import { FakeClock, toTime } from '../../base/index.ts'
import type { Attributes, Authorizer, Credentials } from '../contract.ts'
import { MemoryReader } from '../memory-reader.ts'
import {
  createAuthenticator,
  defaultIssuer,
  discoveryDocuments,
  impersonate,
  reviewToken,
  ServiceAccountTokens,
  signingKey,
  TokenIssuer,
  tokenFile,
  verifyingKey,
} from './index.ts'
import { isSignedBy, parseJwt, signJwt } from './jwt.ts'
import { RecentTokens } from './recent-tokens.ts'

const audiences = [defaultIssuer]
const pem = (key: KeyObject, type: 'pkcs8' | 'spki'): string => String(key.export({ type, format: 'pem' }) as string)
const pairs = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
}
const signing = signingKey(pem(pairs.ES256.privateKey, 'pkcs8'))
const verifying = verifyingKey(pem(pairs.ES256.publicKey, 'spki'))

function setUp(extra: { remembered?: number; max?: number } = {}) {
  const clock = new FakeClock()
  const reader = new MemoryReader()
  reader.put(serviceAccounts, { metadata: { namespace: 'shop', name: 'web', uid: 'sa-1' } })
  reader.put(pods, {
    metadata: { namespace: 'shop', name: 'web-0', uid: 'pod-1' },
    spec: { serviceAccountName: 'web', nodeName: 'n1', containers: [] },
  })
  reader.put(pods, {
    metadata: { namespace: 'shop', name: 'lost', uid: 'pod-2' },
    spec: { serviceAccountName: 'web', nodeName: 'gone', containers: [] },
  })
  reader.put(secrets, { metadata: { namespace: 'shop', name: 'key', uid: 'secret-1' } })
  reader.put(nodes, { metadata: { name: 'n1', uid: 'node-1' } })
  const issuer = new TokenIssuer({
    reader,
    clock,
    issuer: defaultIssuer,
    audiences,
    key: signing,
    ...(extra.max !== undefined && { maxExpirationSeconds: extra.max }),
  })
  const tokens = new ServiceAccountTokens({
    reader,
    clock,
    issuers: [defaultIssuer],
    audiences,
    keys: [verifying],
    ...(extra.remembered !== undefined && { rememberedTokens: extra.remembered }),
  })
  const warnings: string[] = []
  const issue = (spec: TokenRequest['spec'], name = 'web', metadata?: TokenRequest['metadata']): TokenRequest =>
    issuer.issue('shop', name, { ...(spec && { spec }), ...(metadata && { metadata }) }, warning =>
      warnings.push(warning),
    )
  return { clock, reader, issuer, tokens, issue, warnings }
}

const boundTo = (kind: string, name: string, uid?: string) => ({
  boundObjectRef: { apiVersion: 'v1', kind, name, ...(uid !== undefined && { uid }) },
})
const claimsOf = (request: TokenRequest) => parseJwt(request.status?.token ?? '')!.claims

test('signJwt() makes tokens that hold under their own key and algorithm alone', () => {
  for (const [algorithm, pair] of Object.entries(pairs)) {
    const own = signingKey(pem(pair.privateKey, 'pkcs8'))
    assert.equal(own.algorithm, algorithm)
    const token = parseJwt(signJwt({ iss: 'x' }, own))!
    assert.deepEqual(token.header, { alg: algorithm, kid: own.keyId })
    for (const [other, { publicKey }] of Object.entries(pairs)) {
      assert.equal(
        isSignedBy(token, verifyingKey(pem(publicKey, 'spki'))),
        other === algorithm,
        `${algorithm} under ${other}`,
      )
    }
  }
  assert.throws(
    () => signingKey(pem(generateKeyPairSync('ed25519').privateKey, 'pkcs8')),
    /must be RSA, P-256, P-384 or P-521/,
  )
})

test('issue() writes the claims of upstream, in its order', async () => {
  const { clock, issue } = setUp()
  const now = clock.now() / 1000
  const reply = issue({ ...boundTo('Pod', 'web-0'), expirationSeconds: 3607 })
  const claims = claimsOf(reply)
  assert.deepEqual(Object.keys(claims), ['aud', 'exp', 'iat', 'iss', 'jti', 'kubernetes.io', 'nbf', 'sub'])
  assert.match(String(claims['jti']), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual(
    { ...claims, jti: '' },
    {
      aud: [defaultIssuer],
      exp: now + 31536000,
      iat: now,
      iss: defaultIssuer,
      jti: '',
      'kubernetes.io': {
        namespace: 'shop',
        node: { name: 'n1', uid: 'node-1' },
        pod: { name: 'web-0', uid: 'pod-1' },
        serviceaccount: { name: 'web', uid: 'sa-1' },
        warnafter: now + 3607,
      },
      nbf: now,
      sub: 'system:serviceaccount:shop:web',
    },
  )
  assert.deepEqual(reply.metadata, { name: 'web', namespace: 'shop', creationTimestamp: toTime(clock.now()) })
  assert.equal(reply.status?.expirationTimestamp, toTime(clock.now() + 3607_000))
})

test('issue() binds tokens to secrets, nodes and pods whose node is unknown, and defaults audiences and expiry', () => {
  const { clock, issue } = setUp()
  const kubernetes = (spec: TokenRequest['spec']) => claimsOf(issue(spec))['kubernetes.io']
  const serviceaccount = { name: 'web', uid: 'sa-1' }
  assert.deepEqual(kubernetes(undefined), { namespace: 'shop', serviceaccount })
  assert.deepEqual(kubernetes(boundTo('Secret', 'key')), {
    namespace: 'shop',
    secret: { name: 'key', uid: 'secret-1' },
    serviceaccount,
  })
  assert.deepEqual(kubernetes(boundTo('Node', 'n1', 'node-1')), {
    namespace: 'shop',
    node: { name: 'n1', uid: 'node-1' },
    serviceaccount,
  })
  assert.deepEqual(kubernetes(boundTo('Pod', 'lost')), {
    namespace: 'shop',
    node: { name: 'gone' },
    pod: { name: 'lost', uid: 'pod-2' },
    serviceaccount,
  })
  const plain = issue(undefined)
  assert.deepEqual(plain.spec, { audiences: [defaultIssuer], expirationSeconds: 3600 })
  assert.equal(claimsOf(plain)['exp'], clock.now() / 1000 + 3600)
  // Only for the API server is a pod's default token extended.
  assert.equal(
    claimsOf(issue({ ...boundTo('Pod', 'web-0'), expirationSeconds: 3607, audiences: ['vault'] }))['exp'],
    clock.now() / 1000 + 3607,
  )
})

test('issue() shortens what is asked for beyond the limit and says so', () => {
  const { issue, warnings } = setUp({ max: 7200 })
  assert.equal(issue({ expirationSeconds: 10000 }).spec?.expirationSeconds, 7200)
  assert.deepEqual(warnings, ['requested expiration of 10000 seconds shortened to 7200 seconds'])
})

const refusals: {
  name: string
  spec?: TokenRequest['spec']
  account?: string
  metadata?: TokenRequest['metadata']
  code: number
  message: string
}[] = [
  { name: 'unknown account', account: 'nobody', code: 404, message: 'serviceaccounts "nobody" not found' },
  {
    name: 'too short',
    spec: { expirationSeconds: 599 },
    code: 422,
    message:
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
  },
  {
    name: 'too long',
    spec: { expirationSeconds: 2 ** 32 + 1 },
    code: 422,
    message:
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
  },
  {
    name: 'another name in the body',
    metadata: { name: 'other' },
    code: 422,
    message:
      'TokenRequest.authentication.k8s.io "web" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
  },
  {
    name: 'another namespace in the body',
    metadata: { namespace: 'other' },
    code: 422,
    message:
      'TokenRequest.authentication.k8s.io "web" is invalid: metadata.namespace: Invalid value: "other": must match the service account namespace if specified',
  },
  { name: 'unknown pod', spec: boundTo('Pod', 'nope'), code: 404, message: 'pods "nope" not found' },
  {
    name: "another's pod",
    account: 'default',
    spec: boundTo('Pod', 'web-0'),
    code: 400,
    message: 'cannot bind token for serviceaccount "default" to pod running with different serviceaccount name.',
  },
  {
    name: 'a pod that was made anew',
    spec: boundTo('Pod', 'web-0', 'old'),
    code: 409,
    message:
      'Operation cannot be fulfilled on Pod "web-0": the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
  },
  {
    name: 'a kind that binds nothing',
    spec: boundTo('ConfigMap', 'x'),
    code: 400,
    message: 'cannot bind token to object of type /v1, Kind=ConfigMap',
  },
  {
    name: 'a group that binds nothing',
    spec: { boundObjectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } },
    code: 400,
    message: 'cannot bind token to object of type apps/v1, Kind=Deployment',
  },
]

for (const { name, spec, account, metadata, code, message } of refusals) {
  test(`issue() refuses: ${name}`, () => {
    const { issue, reader } = setUp()
    reader.put(serviceAccounts, { metadata: { namespace: 'shop', name: 'default', uid: 'sa-0' } })
    assert.throws(
      () => issue(spec, account, metadata),
      (error: StatusError) => {
        assert.deepEqual({ code: error.code, message: error.message }, { code, message })
        return true
      },
    )
  })
}

test('authenticateToken() knows the account, its groups and where the token is bound', () => {
  const { issue, tokens } = setUp()
  const request = issue(boundTo('Pod', 'web-0'))
  assert.deepEqual(tokens.authenticateToken(request.status!.token!), {
    user: {
      username: 'system:serviceaccount:shop:web',
      uid: 'sa-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop'],
      extra: {
        'authentication.kubernetes.io/credential-id': [`JTI=${String(claimsOf(request)['jti'])}`],
        'authentication.kubernetes.io/node-name': ['n1'],
        'authentication.kubernetes.io/node-uid': ['node-1'],
        'authentication.kubernetes.io/pod-name': ['web-0'],
        'authentication.kubernetes.io/pod-uid': ['pod-1'],
      },
    },
    audiences: [defaultIssuer],
  })
})

type World = ReturnType<typeof setUp>
const account = { namespace: 'shop', name: 'web' }
const deletions: { name: string; spec: TokenRequest['spec']; change: (world: World) => unknown; why: RegExp }[] = [
  {
    name: 'the account is gone',
    spec: {},
    change: w => w.reader.remove(serviceAccounts, 'shop', 'web'),
    why: /^serviceaccounts "web" not found$/,
  },
  {
    name: 'the account was made anew',
    spec: {},
    change: w => w.reader.put(serviceAccounts, { metadata: { ...account, uid: 'sa-2' } }),
    why: /^service account UID \(sa-2\) does not match claim \(sa-1\)$/,
  },
  {
    name: 'the account is going since 61 s',
    spec: {},
    change: w =>
      w.reader.put(serviceAccounts, {
        metadata: { ...account, uid: 'sa-1', deletionTimestamp: toTime(w.clock.now() - 61_000) },
      }),
    why: /^service account shop\/web has been deleted$/,
  },
  {
    name: 'the pod is gone',
    spec: boundTo('Pod', 'web-0'),
    change: w => w.reader.remove(pods, 'shop', 'web-0'),
    why: /^service account token has been invalidated$/,
  },
  {
    name: 'the pod was made anew',
    spec: boundTo('Pod', 'web-0'),
    change: w => w.reader.put(pods, { metadata: { namespace: 'shop', name: 'web-0', uid: 'pod-9' } }),
    why: /^pod UID \(pod-9\) does not match service account pod ref claim \(pod-1\)$/,
  },
  {
    name: 'the pod is going since 61 s',
    spec: boundTo('Pod', 'web-0'),
    change: w =>
      w.reader.put(pods, {
        metadata: { namespace: 'shop', name: 'web-0', uid: 'pod-1', deletionTimestamp: toTime(w.clock.now() - 61_000) },
      }),
    why: /^service account token has been invalidated$/,
  },
  {
    name: 'the secret is gone',
    spec: boundTo('Secret', 'key'),
    change: w => w.reader.remove(secrets, 'shop', 'key'),
    why: /invalidated/,
  },
  {
    name: 'the node is gone',
    spec: boundTo('Node', 'n1'),
    change: w => w.reader.remove(nodes, '', 'n1'),
    why: /invalidated/,
  },
  {
    name: 'it has expired for more than a minute',
    spec: {},
    change: w => w.clock.advance(3661_000),
    why: /^service account token has expired$/,
  },
]

for (const { name, spec, change, why } of deletions) {
  test(`authenticateToken() refuses a token, even one it just accepted, when ${name}`, async () => {
    const world = setUp()
    const token = world.issue(spec).status!.token!
    assert.ok(world.tokens.authenticateToken(token))
    await change(world)
    assert.throws(() => world.tokens.authenticateToken(token), { message: why })
    assert.throws(() => world.tokens.authenticateToken(token), { message: why })
  })
}

test('authenticateToken() lets tokens of pods go on for a minute after the deletion, and without their node', async () => {
  const { reader, clock, issue, tokens } = setUp()
  const token = issue(boundTo('Pod', 'web-0')).status!.token!
  reader.remove(nodes, '', 'n1')
  reader.put(pods, {
    metadata: { namespace: 'shop', name: 'web-0', uid: 'pod-1', deletionTimestamp: toTime(clock.now() - 59_000) },
  })
  assert.ok(tokens.authenticateToken(token))
})

test('authenticateToken() refuses forged, foreign and malformed tokens', () => {
  const { issue, tokens, clock } = setUp()
  const token = issue({}).status!.token!
  const [header = '', claims = '', signature = ''] = token.split('.')
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = clock.now() / 1000
  const sign = (change: object): string => signJwt({ ...claimsOf(issue({})), ...change }, signing)
  const strange = signingKey(pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'pkcs8'))
  const cases: [string, string, RegExp | undefined][] = [
    ['not a JWT', 'admin-token', undefined],
    ['empty parts', '..', undefined],
    ['characters outside base64url', `${header}.${claims}.a+b`, undefined],
    ['claims that are no JSON', `${header}.AAAA.${signature}`, undefined],
    ['another issuer', sign({ iss: 'https://elsewhere' }), undefined],
    ['unknown key', signJwt(claimsOf(issue({})), strange), /^invalid signature, no keys found$/],
    [
      'known key id, other key',
      signJwt(claimsOf(issue({})), { ...strange, keyId: signing.keyId }),
      /cryptographic primitive/,
    ],
    [
      'changed claims',
      `${header}.${encode({ ...claimsOf(issue({})), sub: 'x' })}.${signature}`,
      /cryptographic primitive/,
    ],
    ['algorithm none', `${encode({ alg: 'none', kid: signing.keyId })}.${claims}.AA`, /cryptographic primitive/],
    [
      'algorithm HS256',
      `${encode({ alg: 'HS256', kid: signing.keyId })}.${claims}.${signature}`,
      /cryptographic primitive/,
    ],
    ['no kubernetes.io claims', sign({ 'kubernetes.io': undefined }), /unexpected private claim/],
    ['claims of other types', sign({ exp: 'never' }), /unexpected private claim/],
    ['not valid yet', sign({ nbf: now + 61 }), /^service account token is not valid yet$/],
    ['issued in the future', sign({ iat: now + 61 }), /^service account token is issued in the future$/],
    [
      'another audience',
      sign({ aud: ['vault'] }),
      /^token audiences \["vault"\] is invalid for the target audiences \["https:\/\/kubernetes\.default\.svc\.cluster\.local"\]$/,
    ],
    ['no audience', sign({ aud: [] }), /^token audiences \[\] is invalid/],
  ]
  for (const [name, forged, why] of cases) {
    if (why) assert.throws(() => tokens.authenticateToken(forged), { message: why }, name)
    else assert.equal(tokens.authenticateToken(forged), undefined, name)
  }
  assert.ok(tokens.authenticateToken(sign({ aud: defaultIssuer })), 'a single audience may be a string')
})

test('RecentTokens keeps what is in use and never more than its bound', () => {
  const tokens = new RecentTokens<number>(4)
  for (let i = 0; i < 100; i++) {
    tokens.set(`t${i}`, i)
    assert.equal(tokens.get('t0'), 0, `after ${i}`)
    assert.ok(tokens.size <= 4)
  }
  assert.equal(tokens.get('t50'), undefined)
  tokens.delete('t0')
  assert.equal(tokens.get('t0'), undefined)
})

const credentials = (headers: Credentials['headers'], certificate?: Credentials['certificate']): Credentials => ({
  headers,
  certificate,
})

test('authenticate() prefers the certificate, then the token, and knows nobody without either', () => {
  const { issue, tokens } = setUp()
  const reasons: string[] = []
  const file = tokenFile('f', 'admin-token,admin,1,"a,b"', audiences, assert.fail)
  const authenticator = createAuthenticator({ tokens: [file, tokens], onRefusal: reason => reasons.push(reason) })
  const username = (c: Credentials): unknown => {
    try {
      return (authenticator.authenticate(c) as { username: string } | undefined)?.username
    } catch (error) {
      assert.ok(error instanceof StatusError)
      assert.deepEqual(error.status, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      })
      return 401
    }
  }
  const token = issue({}).status!.token!
  const alice = { commonName: 'alice', organizations: ['dev'] }
  const protocol = `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from('admin-token').toString('base64url')}`
  const cases: [string, Credentials, unknown][] = [
    ['nothing', credentials({}), undefined],
    ['basic', credentials({ authorization: 'Basic YTpi' }), undefined],
    ['empty bearer', credentials({ authorization: 'Bearer ' }), undefined],
    ['certificate without a name', credentials({}, { commonName: '', organizations: ['system:masters'] }), undefined],
    ['certificate', credentials({}, alice), 'alice'],
    ['certificate and token', credentials({ authorization: 'Bearer admin-token' }, alice), 'alice'],
    ['certificate and bad token', credentials({ authorization: 'Bearer nope' }, alice), 'alice'],
    ['static token', credentials({ authorization: 'bearer admin-token' }), 'admin'],
    ['service account token', credentials({ authorization: `Bearer ${token}` }), 'system:serviceaccount:shop:web'],
    ['subprotocol', credentials({ upgrade: 'websocket', 'sec-websocket-protocol': protocol }), 'admin'],
    ['subprotocol without upgrade', credentials({ 'sec-websocket-protocol': protocol }), undefined],
    ['unknown token', credentials({ authorization: 'Bearer nope' }), 401],
    ['broken token', credentials({ authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` }), 401],
  ]
  for (const [name, offered, expected] of cases) assert.equal(username(offered), expected, name)
  assert.deepEqual(reasons, [
    'invalid bearer token',
    '[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]',
  ])
  assert.deepEqual(authenticator.authenticate(credentials({}, { ...alice, uid: 'u', sha256: 'ab12' })), {
    username: 'alice',
    uid: 'u',
    groups: ['dev', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=ab12'] },
  })
})

test('tokenFile() reads what upstream reads and refuses what it refuses', () => {
  const warnings: string[] = []
  const file = tokenFile(
    't.csv',
    'a,alice,1\n\n"b","bob ""the"" builder",2,"g1,g2"\r\n,nobody,3\na,anna,4,g',
    audiences,
    w => warnings.push(w),
  )
  assert.deepEqual(file.authenticateToken('a')?.user, { username: 'anna', uid: '4', groups: ['g'] })
  assert.deepEqual(file.authenticateToken('b')?.user, { username: 'bob "the" builder', uid: '2', groups: ['g1', 'g2'] })
  assert.equal(file.authenticateToken(''), undefined)
  assert.equal(file.authenticateToken('b', ['vault']), undefined)
  assert.deepEqual(warnings, [
    "empty token has been found in token file 't.csv', record number '3'",
    "duplicate token has been found in token file 't.csv', record number '4'",
  ])
  assert.throws(() => tokenFile('t.csv', 'a,alice', audiences, assert.fail), {
    message: "token file 't.csv' must have at least 3 columns (token, user name, user uid), found 2",
  })
  assert.throws(() => tokenFile('t.csv', 'a,al"ice,1', audiences, assert.fail), /line 1 has a stray quote/)
})

test('reviewToken() tells whose token it is and for whom, or why it does not hold', () => {
  const { issue, tokens } = setUp()
  const options = { tokens: [tokens], audiences }
  const vault = issue({ audiences: ['vault', defaultIssuer] }).status!.token!
  const status = (token: string, wanted?: string[]) =>
    reviewToken({ spec: { token, ...(wanted && { audiences: wanted }) } }, options).status
  assert.deepEqual(status(vault)?.audiences, [defaultIssuer])
  assert.deepEqual(status(vault, ['vault', 'x'])?.audiences, ['vault'])
  assert.deepEqual(status(vault)?.user?.groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:shop',
    'system:authenticated',
  ])
  assert.equal(status(vault)?.authenticated, true)
  assert.deepEqual(status(vault, ['x']), {
    user: {},
    error:
      '[invalid bearer token, token audiences ["vault" "https://kubernetes.default.svc.cluster.local"] is invalid for the target audiences ["x"]]',
  })
  assert.deepEqual(status('nope'), { user: {}, error: 'invalid bearer token' })
  assert.throws(() => status(''), { message: 'token is required for TokenReview in authentication' })
})

test('discoveryDocuments() publish keys with which tokens verify', () => {
  const { issue } = setUp()
  const rsa = verifyingKey(pem(pairs.RS256.publicKey, 'spki'))
  const documents = discoveryDocuments(defaultIssuer, 'https://10.0.0.1:6443/openid/v1/jwks', [verifying, rsa])
  assert.deepEqual(JSON.parse(documents.configuration.body), {
    issuer: defaultIssuer,
    jwks_uri: 'https://10.0.0.1:6443/openid/v1/jwks',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256', 'RS256'],
  })
  const { keys } = JSON.parse(documents.keys.body)
  assert.deepEqual(
    keys.map((key: object) => Object.keys(key)),
    [
      ['use', 'kty', 'kid', 'crv', 'alg', 'x', 'y'],
      ['use', 'kty', 'kid', 'alg', 'n', 'e'],
    ],
  )
  return import('jose').then(async jose => {
    const { payload } = await jose.jwtVerify(issue({}).status!.token!, jose.createLocalJWKSet({ keys }), {
      currentDate: new Date(Date.UTC(2026, 0, 1)),
    })
    assert.equal(payload.sub, 'system:serviceaccount:shop:web')
  })
})

/** Allows the questions listed as `resource[/subresource] [namespace/]name`. */
function allowing(...allowed: string[]): Authorizer & { asked: string[] } {
  const asked: string[] = []
  const describe = (a: Attributes): string =>
    `${a.verb} ${a.resource}${a.subresource && `/${a.subresource}`}${a.group && `.${a.group}`} ${a.namespace && `${a.namespace}/`}${a.name}`
  return {
    asked,
    authorize(attributes) {
      asked.push(describe(attributes))
      return { allowed: allowed.includes('*') || allowed.includes(describe(attributes)), reason: '' }
    },
    rulesFor: () => ({ resourceRules: [], nonResourceRules: [] }),
  }
}

const bob = { username: 'bob', groups: ['dev', 'system:authenticated'] }

test('impersonate() becomes the user of the headers after asking for every part', () => {
  const cases: [string, Credentials['headers'], object, string[]][] = [
    ['no headers', { accept: '*/*' }, bob, []],
    [
      'user',
      { 'impersonate-user': 'al' },
      { username: 'al', groups: ['system:authenticated'] },
      ['impersonate users al'],
    ],
    [
      'groups',
      { 'impersonate-user': 'al', 'impersonate-group': ['a,b', 'c'] },
      { username: 'al', groups: ['a,b', 'c', 'system:authenticated'] },
      ['impersonate users al', 'impersonate groups a,b', 'impersonate groups c'],
    ],
    [
      'groups that say all',
      { 'impersonate-user': 'al', 'impersonate-group': 'system:unauthenticated' },
      { username: 'al', groups: ['system:unauthenticated'] },
      ['impersonate users al', 'impersonate groups system:unauthenticated'],
    ],
    [
      'anonymous',
      { 'impersonate-user': 'system:anonymous' },
      { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      ['impersonate users system:anonymous'],
    ],
    [
      'service account',
      { 'impersonate-user': 'system:serviceaccount:shop:web' },
      {
        username: 'system:serviceaccount:shop:web',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
      },
      ['impersonate serviceaccounts shop/web'],
    ],
    [
      'uid and extra',
      { 'impersonate-user': 'al', 'impersonate-uid': 'u1', 'impersonate-extra-acme.com%2fproject': ['p', 'q'] },
      { username: 'al', uid: 'u1', groups: ['system:authenticated'], extra: { 'acme.com/project': ['p', 'q'] } },
      [
        'impersonate users al',
        'impersonate userextras/acme.com/project.authentication.k8s.io p',
        'impersonate userextras/acme.com/project.authentication.k8s.io q',
        'impersonate uids.authentication.k8s.io u1',
      ],
    ],
  ]
  for (const [name, headers, user, asked] of cases) {
    const authorizer = allowing('*')
    assert.deepEqual(impersonate(bob, headers, authorizer), user, name)
    assert.deepEqual(authorizer.asked, asked, name)
  }
})

test('impersonate() refuses what the caller may not be, and parts without a user', () => {
  const refused = (headers: Credentials['headers'], code: number, message: string | RegExp): void =>
    assert.throws(
      () => impersonate(bob, headers, allowing('impersonate users al')),
      (error: StatusError) => {
        assert.equal(error.code, code)
        if (typeof message === 'string') assert.equal(error.message, message)
        else assert.match(error.message, message)
        return true
      },
    )
  refused(
    { 'impersonate-user': 'eve' },
    403,
    'users "eve" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
  )
  refused(
    { 'impersonate-user': 'al', 'impersonate-group': 'g' },
    403,
    'groups "g" is forbidden: User "bob" cannot impersonate resource "groups" in API group "" at the cluster scope',
  )
  refused(
    { 'impersonate-user': 'system:serviceaccount:a:b' },
    403,
    'serviceaccounts "b" is forbidden: User "bob" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "a"',
  )
  refused({ 'impersonate-group': 'g' }, 500, /requested \[Impersonate-Group "g"\] without impersonating a user/)
})
