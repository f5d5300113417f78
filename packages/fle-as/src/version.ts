/** The version of the toolchain. */
export const version = '0.1.0'
