/** Loads binary-parser, which describes what is only shown: start-up does not wait for it. */
export function binaryParser() {
  return import('binary-parser')
}
