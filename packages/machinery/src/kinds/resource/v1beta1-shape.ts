/**
 * resource.k8s.io/v1beta1 differs from v1 in two places: what a request asks for was not yet in `exactly`, and what a
 * device is was in `basic`. After pkg/apis/resource/v1beta1/conversion.go.
 */
import type { DeviceClaim, DeviceRequest, ResourceSliceSpec } from '../../api/resource-v1.gen.ts'
import type {
  DeviceClaim as DeviceClaimV1beta1,
  DeviceRequest as DeviceRequestV1beta1,
  ResourceSliceSpec as ResourceSliceSpecV1beta1,
} from '../../api/resource-v1beta1.gen.ts'

export function claimToV1({ requests, ...rest }: DeviceClaimV1beta1): DeviceClaim {
  return { ...rest, ...(requests && { requests: requests.map(requestToV1) }) }
}

export function claimFromV1({ requests, ...rest }: DeviceClaim): DeviceClaimV1beta1 {
  return { ...rest, ...(requests && { requests: requests.map(requestFromV1) }) }
}

function requestToV1({ name, firstAvailable, ...asked }: DeviceRequestV1beta1): DeviceRequest {
  const { deviceClassName, ...rest } = asked
  return {
    name,
    ...(Object.keys(asked).length > 0 && { exactly: { deviceClassName: deviceClassName ?? '', ...rest } }),
    ...(firstAvailable && { firstAvailable }),
  }
}

function requestFromV1({ name, exactly, firstAvailable }: DeviceRequest): DeviceRequestV1beta1 {
  return { name, ...exactly, ...(firstAvailable && { firstAvailable }) }
}

export function sliceToV1({ devices, ...rest }: ResourceSliceSpecV1beta1): ResourceSliceSpec {
  return { ...rest, ...(devices && { devices: devices.map(({ name, basic }) => ({ ...basic, name })) }) }
}

export function sliceFromV1({ devices, ...rest }: ResourceSliceSpec): ResourceSliceSpecV1beta1 {
  return { ...rest, ...(devices && { devices: devices.map(({ name, ...basic }) => ({ name, basic })) }) }
}
