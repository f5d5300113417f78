import type { FleFile } from './fle-file.ts'
import type { JsonScanner } from './json-scanner.ts'
export function readExecutable(scanner: JsonScanner): FleFile | undefined {
  return scanner.source.fileError('x', 'not yet')
}
