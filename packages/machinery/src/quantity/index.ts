export {
  addQuantities,
  compareQuantities,
  isNegative,
  isZero,
  milliValue,
  subQuantities,
  toNumber,
  value,
} from './arithmetic.ts'
export { canonicalQuantity, formatQuantity } from './format.ts'
export { parseQuantity, type Quantity, type QuantityFormat, type QuantityLike, quantity } from './parse.ts'
