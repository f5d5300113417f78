import { runCommand } from '@fle/diagnostics/node'

runCommand('fle-exec', async (argv, io) => {
  const { fleExec } = await import('./cli.ts')
  return fleExec(argv, io)
})
