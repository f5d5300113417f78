import { runCommand } from '@fle/diagnostics/node'
import { main } from './cli.ts'

void runCommand('fle', main)
