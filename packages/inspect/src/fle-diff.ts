import { runCommand } from '@fle/diagnostics/node'
import { main } from './diff/cli.ts'

void runCommand('fle-diff', main)
