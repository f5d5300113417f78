export const newVectorTable = `
`
