/** Defaults of device requests: one device, exactly. After pkg/apis/resource/v1/defaults.go; zero is absent in Go. */

interface Amount {
  allocationMode?: string
  count?: number
}

/** Any version: v1beta1 says in the request itself what later versions say in `exactly`. */
interface Request extends Amount {
  deviceClassName?: string
  exactly?: Amount
  firstAvailable?: Amount[]
}

export function setClaimDefaults(spec: { devices?: { requests?: Request[] } } | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    if (request.deviceClassName) setAmount(request)
    if (request.exactly) setAmount(request.exactly)
    request.firstAvailable?.forEach(setAmount)
  }
}

function setAmount(amount: Amount): void {
  if (!amount.allocationMode) amount.allocationMode = 'ExactCount'
  if (amount.allocationMode === 'ExactCount' && !amount.count) amount.count = 1
}
