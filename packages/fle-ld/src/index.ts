export { main } from './cli.ts'
export { type LinkResult, link } from './link.ts'
export type { LinkInput, LinkOptions, OutputFormat } from './link-options.ts'
