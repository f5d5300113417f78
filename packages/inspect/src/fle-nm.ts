import { runCommand } from '@fle/diagnostics/node'
import { main } from './nm/cli.ts'

void runCommand('fle-nm', main)
