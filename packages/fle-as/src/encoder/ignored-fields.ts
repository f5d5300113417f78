/** What stands in the fields of VEX and EVEX that the processor ignores: GNU as lets tests choose it. */
export interface IgnoredFields {
  /** W, where it is ignored: -mvexwig=1, -mevexwig=1. */
  readonly vexWidth: boolean
  readonly evexWidth: boolean
  /** The vector length of scalars, 0 to 2: -mavxscalar=256, -mevexlig=512. */
  readonly vexLength: number
  readonly evexLength: number
  /** The rounding mode, 0 to 3, of what suppresses exceptions only: -mevexrcig=rd. */
  readonly evexRounding: number
}

/** What GNU as writes if nobody says anything else. */
export const zeroFields: IgnoredFields = {
  vexWidth: false,
  evexWidth: false,
  vexLength: 0,
  evexLength: 0,
  evexRounding: 0,
}
