import { runCommand } from '@fle/diagnostics/node'
import { fleExec } from './cli.ts'

runCommand('fle-exec', fleExec)
