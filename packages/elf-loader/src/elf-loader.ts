import { runCommand } from '@fle/diagnostics/node'
import { runPlain } from './plain-run.ts'

runCommand('elf-loader', async (argv, io) => {
  runPlain('elf-loader', argv)
  const { elfLoader } = await import('./cli.ts')
  return elfLoader(argv, io)
})
