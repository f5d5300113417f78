import { runCommand } from '@fle/diagnostics/node'
import { main } from './objdump/cli.ts'

void runCommand('fle-objdump', main)
